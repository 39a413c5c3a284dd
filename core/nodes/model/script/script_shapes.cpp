// SPDX-License-Identifier: GPL-3.0-or-later
#include "nodes/model/script/script_shapes.h"

#include "base/plain_text.h"
#include "nodes/model/script/script_archive.h"
#include "nodes/model/script/script_module.h"
#include "schema/ask_later.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <filesystem>
#include <map>
#include <mutex>
#include <stdexcept>
#include <system_error>
#include <utility>

namespace feedline::inline nodes {

#ifdef FEEDLINE_DESCRIBED_ONLY

std::optional<Result<ScriptFacts>> script_facts(const std::string& file, const std::vector<std::string>&,
                                                const std::vector<TensorDesc>&) {
  if (file.starts_with("example:")) return std::nullopt;
  if (Status sound = check_script_archive(file); !sound) return Result<ScriptFacts>(fail(std::move(sound.error())));
  return std::nullopt;
}

#else

namespace {

constexpr std::size_t kMostScriptAnswers = 256;
constexpr std::int64_t kAskedRows = 2;
constexpr auto kLongestAnswer = std::chrono::seconds(10);

/// What was found of a file, and of which state of it.
struct ScriptAnswer {
  std::string stamp{};
  Result<ScriptFacts> facts{};
};

struct ScriptAnswers {
  std::mutex lock{};
  std::map<std::string, ScriptAnswer> known{};
};

ScriptAnswers& script_answers() {
  static ScriptAnswers answers;
  return answers;
}

std::string question_text(const std::string& file, const std::vector<std::string>& names,
                          const std::vector<TensorDesc>& in) {
  std::string text = file + fmt::format("\n{}", fmt::join(names, ","));
  for (const TensorDesc& desc : in) text += "\n" + desc.text();
  return text;
}

std::string file_stamp(const std::string& file) {
  if (file == kExampleScript) return "example";
  std::error_code none;
  const auto size = std::filesystem::file_size(file, none);
  const auto time = std::filesystem::last_write_time(file, none);
  return none ? "none" : fmt::format("{} {}", size, time.time_since_epoch().count());
}

at::ScalarType asked_type(DType type) {
  constexpr std::array<at::ScalarType, kDTypes> types = {at::kByte, at::kInt,  at::kLong,  at::kFloat,
                                                         at::kBool, at::kHalf, at::kDouble};
  return types[static_cast<std::size_t>(type)];
}

std::int64_t numbers_of(const std::vector<at::Tensor>& tensors) {
  std::int64_t count = 0;
  for (const at::Tensor& tensor : tensors) count += tensor.numel();
  return count;
}

/// What forward() gives of two records of zeros, whose ragged dimensions are `most` divided by `part`.
Result<std::vector<std::int64_t>> shape_given(ScriptModule& module, const std::vector<TensorDesc>& in,
                                              std::int64_t part) {
  std::vector<at::Tensor> zeros;
  for (const TensorDesc& desc : in) {
    std::vector<std::int64_t> shape = {kAskedRows};
    for (std::size_t i = 1; i < desc.shape.size(); ++i)
      shape.push_back(desc.shape[i].known() ? desc.shape[i].size()
                                            : std::max<std::int64_t>(1, desc.shape[i].most() / part));
    zeros.push_back(at::zeros(shape, asked_type(desc.dtype)));
  }
  const auto begun = std::chrono::steady_clock::now();
  const c10::IValue given = module.run(zeros, [begun](const at::Tensor&) {
    if (std::chrono::steady_clock::now() - begun > kLongestAnswer)
      throw std::runtime_error("it has not come to an end within ten seconds");
  });
  if (!given.isTensor())
    return fail(fmt::format("its forward() gives a {} and no tensor", given.tagKind()),
                "Save a module that gives one tensor: wrap it in one that returns the part which is wanted");
  const at::Tensor& out = given.toTensor();
  if (!out.defined() || out.scalar_type() != at::kFloat)
    return fail(fmt::format("its forward() gives numbers of type {}",
                            out.defined() ? c10::toString(out.scalar_type()) : "none"),
                "Save a module that gives float32: model.float()");
  if (out.dim() == 0 || out.size(0) != kAskedRows)
    return fail(fmt::format("its forward() gives {} for {} records, and not a row for each",
                            out.dim() == 0 ? "one number" : fmt::format("{} rows", out.size(0)), kAskedRows),
                "Save a module that leaves the first dimension, the records, as it is");
  return out.sizes().vec();
}

Result<ScriptFacts> ask_script(const std::string& file, const std::vector<std::string>& names,
                               const std::vector<TensorDesc>& in) {
  auto module = ScriptModule::load(file);
  if (!module) return fail(std::move(module.error()));
  const std::vector<std::string>& takes = module->arguments();
  if (names.size() < module->least_arguments() || names.size() > takes.size())
    return fail(Error{.reason = fmt::format("its forward() takes {} ({}), and {} inputs are named", takes.size(),
                                            plain_line(fmt::format("{}", fmt::join(takes, ", "))), names.size()),
                      .remedy = "Name as many inputs, in this order",
                      .parameter = "inputs"});
  const auto refused = [&](Error error) {
    return fail(std::move(error).at_parameter("file").in_file(escape_name(file)));
  };
  const at::NoGradGuard no_gradients;
  module->tensors()->train(false);
  ScriptFacts facts{.out = {.kind = Kind::Tensor, .dtype = DType::F32, .shape = {in.front().shape.front()}},
                    .parameters = numbers_of(module->tensors()->parameters()),
                    .buffers = numbers_of(module->tensors()->buffers())};
  try {
    const auto shape = shape_given(*module, in, 1);
    if (!shape) return refused(Error(shape.error()));
    std::vector<std::int64_t> shorter = *shape;
    const TensorDesc* ragged = nullptr;
    for (const TensorDesc& desc : in)
      if (desc.shape.size() > 1 && !desc.shape[1].known()) ragged = &desc;
    if (ragged != nullptr) {
      auto again = shape_given(*module, in, 2);
      if (!again) return refused(Error(again.error()));
      shorter = std::move(*again);
    }
    for (std::size_t i = 1; i < shape->size(); ++i) {
      if (shorter.size() == shape->size() && shorter[i] == (*shape)[i]) {
        facts.out.shape.emplace_back((*shape)[i]);
      } else if (shorter.size() == shape->size() && ragged != nullptr && (*shape)[i] == ragged->shape[1].most()) {
        facts.out.shape.push_back(ragged->shape[1]);
      } else {
        return refused(Error{.reason = "what its forward() gives of records of different lengths has no one shape",
                             .remedy = "Save a module that gives as many numbers of each record, or one a token"});
      }
    }
    return facts;
  } catch (const std::exception& fault) {
    return refused(Error{.reason = fmt::format("its forward() refuses {}: {}", in.front().text(), fault.what()),
                         .remedy = "Give it what it was made for: shape and type of its inputs"});
  }
}

}  // namespace

std::optional<Result<ScriptFacts>> script_facts(const std::string& file, const std::vector<std::string>& names,
                                                const std::vector<TensorDesc>& in) {
  const std::string question = question_text(file, names, in);
  ScriptAnswers& answers = script_answers();
  const std::string stamp = AskLater::on() ? std::string() : file_stamp(file);
  {
    const std::lock_guard guard(answers.lock);
    const auto known = answers.known.find(question);
    const bool fresh = known != answers.known.end() && (AskLater::on() || known->second.stamp == stamp);
    if (fresh) return known->second.facts;
  }
  if (AskLater::on()) return std::nullopt;
  Result<ScriptFacts> facts = ask_script(file, names, in);
  const std::lock_guard guard(answers.lock);
  if (answers.known.size() >= kMostScriptAnswers) answers.known.clear();
  answers.known.insert_or_assign(question, ScriptAnswer{.stamp = stamp, .facts = facts});
  return facts;
}

#endif

}  // namespace feedline::inline nodes
