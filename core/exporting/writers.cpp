// SPDX-License-Identifier: GPL-3.0-or-later
#include "exporting/writers.h"

#include <fmt/format.h>

namespace feedline::inline exporting {

const Writers& Writers::instance() {
  static const Writers all = [] {
    Writers writers;
    register_all_writers(writers);
    return writers;
  }();
  return all;
}

template <class Write>
Result<Write> Writers::find(const ByType<Write>& writers, std::string_view type, std::string_view as) const {
  if (const auto found = writers.find(type); found != writers.end()) return found->second;
  const std::string_view why = reason(type);
  return fail(Error{.reason = why.empty() ? fmt::format("a {} node cannot be written as {}", type, as)
                                          : fmt::format("a {} node cannot be written as {}: {}", type, as, why),
                    .remedy = "Choose another format, or train without this node"});
}

Result<WriteLayer> Writers::find_layer(std::string_view type) const { return find(layers_, type, "PyTorch"); }
Result<WriteOnnx> Writers::find_onnx(std::string_view type) const { return find(onnx_, type, "ONNX"); }
Result<WriteStep> Writers::find_step(std::string_view type) const { return find(steps_, type, "Python"); }
Result<WriteEstimator> Writers::find_estimator(std::string_view type) const {
  return find(estimators_, type, "PyTorch");
}
Result<WriteOptimizer> Writers::find_optimizer(std::string_view type) const {
  return find(optimizers_, type, "an optimiser of PyTorch");
}

std::string_view Writers::find_helper(std::string_view name) const {
  const auto found = helpers_.find(name);
  return found == helpers_.end() ? std::string_view() : std::string_view(found->second);
}

std::set<std::string, std::less<>> Writers::defined_names() const {
  std::set<std::string, std::less<>> names;
  for (const auto& [name, text] : helpers_)
    for (const std::string_view word : {"def ", "class "})
      for (std::size_t at = text.find(word); at != std::string::npos; at = text.find(word, at + 1))
        if (at == 0 || text[at - 1] == '\n') {
          const std::size_t begin = at + word.size();
          names.insert(text.substr(begin, text.find_first_of("(:", begin) - begin));
        }
  return names;
}

bool Writers::knows(std::string_view type) const {
  return layers_.contains(type) || steps_.contains(type) || estimators_.contains(type) || optimizers_.contains(type) ||
         reasons_.contains(type);
}

std::string_view Writers::reason(std::string_view type) const {
  const auto found = reasons_.find(type);
  return found == reasons_.end() ? std::string_view() : std::string_view(found->second);
}

}  // namespace feedline::inline exporting
