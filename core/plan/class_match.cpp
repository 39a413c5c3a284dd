// SPDX-License-Identifier: GPL-3.0-or-later
// Compiled by -O3: runs over records.
#include "plan/class_match.h"

#include "base/normal_form.h"
#include "base/numbers.h"
#include "schema/in_memory.h"
#include "schema/registry.h"
#include "schema/several_labels.h"
#include "schema/source_report.h"

#include <algorithm>
#include <cstring>
#include <map>
#include <optional>
#include <utility>

namespace feedline::inline plan {
namespace {

using Names = std::vector<std::string>;

constexpr std::size_t kMostNamed = 8;

/// The first output that is a label with named classes.
std::optional<std::size_t> label_port(const Source& source) {
  const auto& outputs = source.outputs();
  for (std::size_t i = 0; i < outputs.size(); ++i)
    if (outputs[i].kind == Kind::Label && !outputs[i].class_names.empty()) return i;
  return std::nullopt;
}

std::string quoted(const Names& names) { return numbers::listed(names, kMostNamed, "'"); }

class MatchedSource final : public Source, public InMemory, public Reporting {
 public:
  /// `labels`: one of training for each of `inner`; its class names are `known`.
  MatchedSource(std::shared_ptr<const Source> inner, std::size_t port, std::vector<std::int64_t> labels,
                const TensorDesc& known)
      : inner_(std::move(inner)), port_(port), labels_(std::move(labels)), outputs_(inner_->outputs()) {
    several_ = has_several_labels(outputs_[port_]);
    if (several_) {
      outputs_[port_].shape = {Dim(static_cast<std::int64_t>(known.class_names.size()))};
    } else {
      outputs_[port_].classes = known.classes;
    }
    outputs_[port_].class_names = known.class_names;
    const SourceReport* report = report_of(*inner_);
    if (report == nullptr) return;
    report_ = *report;
    if (several_) {
      match_counts(report->label_counts, report_.label_counts);
      report_.label_names = known.class_names;
      return;
    }
    report_.class_names = known.class_names;
    match_counts(report->class_counts, report_.class_counts);
  }

  std::uint64_t size() const override { return inner_->size(); }
  const std::vector<TensorDesc>& outputs() const override { return outputs_; }
  std::string locate(std::uint64_t index) const override { return inner_->locate(index); }
  bool in_memory() const override {
    const auto* memory = dynamic_cast<const InMemory*>(inner_.get());
    return memory != nullptr && memory->in_memory();
  }
  const SourceReport& report() const override { return report_; }

  Status read(std::uint64_t index, std::span<Datum* const> out) const override {
    Status status = inner_->read(index, out);
    Datum* label = out[port_];
    if (!status || label == nullptr) return status;
    if (several_) return match_several(*label);
    const auto own = static_cast<std::size_t>(label->label());
    if (own >= labels_.size() || labels_[own] < 0) return fail_record("its class is none of training's");
    label->set_label(labels_[own]);
    return status;
  }

 private:
  void match_counts(const std::vector<std::uint64_t>& own, std::vector<std::uint64_t>& matched) const {
    matched.assign(outputs_[port_].class_names.size(), 0);
    for (std::size_t i = 0; i < own.size(); ++i)
      if (labels_[i] >= 0) matched[static_cast<std::size_t>(labels_[i])] += own[i];
  }

  Status match_several(Datum& label) const {
    thread_local std::vector<float> own;
    own.resize(labels_.size());
    if (label.bytes() != own.size() * sizeof(float)) return fail_record("its labels are not those of its source");
    std::memcpy(own.data(), label.data(), label.bytes());
    float* const matched = put_no_labels(outputs_[port_], label);
    for (std::size_t i = 0; i < own.size(); ++i) {
      if (own[i] == 0) continue;
      if (labels_[i] < 0) return fail_record("one of its classes is none of training's");
      matched[labels_[i]] = own[i];
    }
    return {};
  }

  std::shared_ptr<const Source> inner_;
  std::size_t port_;
  bool several_ = false;
  std::vector<std::int64_t> labels_;
  std::vector<TensorDesc> outputs_;
  SourceReport report_{};
};

Error unknown_classes(const Names& unknown, const Names& known) {
  std::string remedy;
  constexpr std::size_t kLongEnough = 4;  // shorter names are all near each other
  for (const std::string& name : unknown) {
    const std::string near = name.size() < kLongEnough ? std::string() : nearest_word(name, known);
    if (remedy.empty() && !near.empty()) remedy = "Did you mean '" + near + "' by '" + name + "'?";
  }
  if (remedy.empty()) remedy = "Name each as a class of training (" + quoted(known) + "), or take it out";
  return {.reason = std::string("validation has ") +
                    (unknown.size() == 1 ? "a class that training does not have: "
                                         : std::to_string(unknown.size()) + " classes that training does not have: ") +
                    quoted(unknown),
          .remedy = std::move(remedy)};
}

}  // namespace

Result<std::shared_ptr<const Source>> match_classes(std::shared_ptr<const Source> validation, const Source& training) {
  const auto port = label_port(*validation);
  const auto other = label_port(training);
  if (!port || !other) return validation;
  const TensorDesc& known = training.outputs()[*other];
  const Names& names = validation->outputs()[*port].class_names;
  if (names == known.class_names) return validation;

  std::map<std::string, std::int64_t> label_of;
  for (std::size_t i = 0; i < known.class_names.size(); ++i)
    label_of.emplace(normal_form(known.class_names[i]), static_cast<std::int64_t>(i));
  const SourceReport* report = report_of(*validation);
  std::vector<std::int64_t> labels;
  Names unknown;
  for (std::size_t i = 0; i < names.size(); ++i) {
    const auto found = label_of.find(normal_form(names[i]));
    labels.push_back(found == label_of.end() ? -1 : found->second);
    const bool empty = report != nullptr && i < report->class_counts.size() && report->class_counts[i] == 0;
    if (found == label_of.end() && !empty) unknown.push_back(names[i]);
  }
  if (!unknown.empty()) return fail(unknown_classes(unknown, known.class_names));
  return std::make_shared<MatchedSource>(std::move(validation), *port, std::move(labels), known);
}

}  // namespace feedline::inline plan
