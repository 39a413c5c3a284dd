// SPDX-License-Identifier: GPL-3.0-or-later
#include "training/inference/given_source.h"

#include "base/machine_fault.h"
#include "base/plain_text.h"
#include "schema/registry.h"
#include "schema/several_labels.h"
#include "training/resume.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <fstream>
#include <iterator>
#include <utility>

namespace feedline::inline training {
namespace {

Status read_given_file(const std::string& path, std::string& bytes) {
  errno = 0;
  std::ifstream file(path, std::ios::binary);
  if (file) bytes.assign(std::istreambuf_iterator<char>(file), {});
  if (file.is_open() && !file.bad()) return {};
  Error error = errno_error(errno != 0 ? errno : EIO, "it cannot be read", "See that it is there and may be read");
  error.code = is_machine_fault(error) ? error.code : ErrorCode::BadRecord;
  return fail(std::move(error));
}

/// Of the picture, wherever it is.
Status read_given_picture(const GivenRecord& record, std::string& bytes) {
  if (!record.here) return read_given_file(record.name, bytes);
  bytes = record.text;
  return {};
}

bool is_of(const std::vector<TensorDesc>& outputs, Kind kind) {
  return std::any_of(outputs.begin(), outputs.end(), [kind](const TensorDesc& output) { return output.kind == kind; });
}

class GivenSource final : public Source {
 public:
  GivenSource(std::vector<TensorDesc> outputs, std::shared_ptr<const std::vector<GivenRecord>> records,
              std::shared_ptr<const SampleOp> decode)
      : outputs_(std::move(outputs)),
        records_(std::move(records)),
        decode_(std::move(decode)),
        of_files_(is_of(outputs_, Kind::Encoded) || is_of(outputs_, Kind::Image)) {}

  [[nodiscard]] std::uint64_t size() const override { return records_->size(); }
  [[nodiscard]] const std::vector<TensorDesc>& outputs() const override { return outputs_; }
  [[nodiscard]] std::string locate(std::uint64_t index) const override { return escape_name((*records_)[index].name); }

  Status read(std::uint64_t index, std::span<Datum* const> out) const override {
    const GivenRecord& record = (*records_)[index];
    for (std::size_t i = 0; i < out.size(); ++i) {
      if (out[i] == nullptr) continue;
      const Kind kind = outputs_[i].kind;
      if (has_several_labels(outputs_[i])) {
        (void)put_no_labels(outputs_[i], *out[i]);
      } else if (kind == Kind::Label) {
        out[i]->set_label(0);
      } else if (kind == Kind::Text && !of_files_) {
        out[i]->set_bytes(record.text);
      } else if (kind == Kind::Encoded) {
        std::string bytes;
        if (Status read = read_given_picture(record, bytes); !read) return read;
        out[i]->set_bytes(bytes);
      } else if (kind != Kind::Image) {  // a row beside a picture, its caption
        return fail_record(
            fmt::format("the model takes {} of a record besides, and a file alone has none", outputs_[i].kind->name),
            "Use evaluate with --set, which reads what the graph's own source reads");
      } else if (Status shown = read_pixels(record, outputs_[i], *out[i]); !shown) {
        return shown;
      }
    }
    return {};
  }

 private:
  Status read_pixels(const GivenRecord& record, const TensorDesc& desc, Datum& out) const {
    std::string bytes;
    if (Status read = read_given_picture(record, bytes); !read) return read;
    Datum file;
    file.set_bytes(bytes);
    const std::array<const Datum*, 1> in = {&file};
    const std::array<Datum*, 1> to = {&out};
    OpContext context{.rng = Rng(0, 1, 0, 0), .training = false};
    if (Status decoded = decode_->run(in, to, context); !decoded) return decoded;
    bool alike = out.dims().size() == desc.shape.size();
    for (std::size_t i = 0; alike && i < desc.shape.size(); ++i)
      alike = !desc.shape[i].known() || desc.shape[i].size() == out.dim(i);
    if (alike) return {};
    return fail_record(fmt::format("it is {}, and the model was trained on {}", out.text(), desc.text()),
                       "Scale it to that size first");
  }

  std::vector<TensorDesc> outputs_;
  std::shared_ptr<const std::vector<GivenRecord>> records_;
  std::shared_ptr<const SampleOp> decode_;  ///< null: pixels are decoded by the graph
  bool of_files_;                           ///< a record is a file, not a line
};

Result<std::shared_ptr<const SampleOp>> decoder(const TensorDesc& pixels) {
  const NodeSpec* spec = Registry::instance().find("decode");
  if (spec == nullptr) return fail("this program cannot decode pictures");
  const bool grey = pixels.shape.size() == 3 && pixels.shape[2] == Dim(1);
  const ParamMap params = spec->complete({{"color", std::string(grey ? "grey" : "rgb")}, {"exact", true}});
  const TensorDesc file{.kind = Kind::Encoded, .dtype = DType::U8, .shape = {Dim::symbol("bytes")}};
  const std::array<const TensorDesc*, 1> in = {&file};
  auto op = spec->sample_op(params, in);
  if (!op) return fail(std::move(op.error()));
  return std::shared_ptr<const SampleOp>(std::move(*op));
}

}  // namespace

Result<GivenForm> given_form(const NodeSpec& source, const ParamMap& params) {
  auto outputs = source.infer(params, {});
  if (!outputs) return fail(std::move(outputs.error()));
  if (is_of(*outputs, Kind::Encoded) || is_of(*outputs, Kind::Image)) return GivenForm::Pictures;
  if (is_of(*outputs, Kind::Text)) return GivenForm::Lines;
  const auto row_or_label = [](const TensorDesc& output) {
    return output.kind == Kind::Row || output.kind == Kind::Label;
  };
  if (is_of(*outputs, Kind::Row) && std::all_of(outputs->begin(), outputs->end(), row_or_label)) return GivenForm::Rows;
  return fail(Error{.reason = fmt::format("a {} gives neither pictures nor texts nor rows of a table, and nothing else "
                                          "can be predicted on from files",
                                          source.type),
                    .remedy = "Use evaluate with --set, which reads what the graph's own source reads"});
}

Result<std::shared_ptr<const Source>> given_source(const NodeSpec& source, const ParamMap& params,
                                                   const TrainingState& state,
                                                   std::shared_ptr<const std::vector<GivenRecord>> records) {
  auto outputs = source.infer(params, {});
  if (!outputs) return fail(std::move(outputs.error()));
  const std::vector<TensorDesc> known = source_outputs_of(state);
  const std::vector<std::string> names = class_names_of(state);
  std::shared_ptr<const SampleOp> decode;
  for (std::size_t i = 0; i < outputs->size(); ++i) {
    TensorDesc& output = (*outputs)[i];
    if (has_several_labels(output)) {
      output.class_names = names;
      output.shape = {Dim(static_cast<std::int64_t>(names.size()))};
    } else if (output.kind == Kind::Label) {
      output.class_names = names;
      output.classes = !names.empty()     ? Dim(static_cast<std::int64_t>(names.size()))
                       : i < known.size() ? known[i].classes
                                          : Dim(0);
    } else if (i < known.size() && known[i].shape.size() == output.shape.size()) {
      output.shape = known[i].shape;
      output.dtype = known[i].dtype;
      output.layout = known[i].layout;
      output.columns = known[i].columns;
    }
    if (output.kind != Kind::Image) continue;
    auto made = decoder(output);
    if (!made) return fail(std::move(made.error()));
    decode = std::move(*made);
  }
  return std::make_shared<GivenSource>(std::move(*outputs), std::move(records), std::move(decode));
}

}  // namespace feedline::inline training
