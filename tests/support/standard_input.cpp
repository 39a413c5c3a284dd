// SPDX-License-Identifier: GPL-3.0-or-later
#include "support/standard_input.h"

#include "nodes/preprocess/codec/codec.h"
#include "schema/half.h"
#include "schema/registry.h"
#include "schema/row.h"

#include <cmath>

namespace feedline::test {
namespace {

constexpr std::int64_t kHeight = 48;
constexpr std::int64_t kWidth = 64;
constexpr std::int64_t kChannels = 3;

std::vector<std::uint8_t> standard_picture(std::uint64_t variant) {
  std::vector<std::uint8_t> pixels;
  for (std::int64_t y = 0; y < kHeight; ++y)
    for (std::int64_t x = 0; x < kWidth; ++x)
      for (std::int64_t c = 0; c < kChannels; ++c) pixels.push_back(standard_pixel(x, y, c, variant));
  return pixels;
}

double number_at(const Datum& value, std::size_t i) {
  switch (value.dtype()) {
    case DType::U8:
      return value.as<std::uint8_t>()[i];
    case DType::I32:
      return value.as<std::int32_t>()[i];
    case DType::I64:
      return static_cast<double>(value.as<std::int64_t>()[i]);
    case DType::F32:
      return static_cast<double>(value.as<float>()[i]);
    case DType::F64:
      return value.as<double>()[i];
    case DType::Bool:
      return value.as<std::uint8_t>()[i];
    case DType::F16:
      return static_cast<double>(half_to_float(value.as<std::uint16_t>()[i]));
  }
  return 0;
}

}  // namespace

std::uint8_t standard_pixel(std::int64_t x, std::int64_t y, std::int64_t c, std::uint64_t variant) {
  const auto wave = (x * 5 + y * 3 + c * 90 + static_cast<std::int64_t>(variant) * 31) % 510;
  return static_cast<std::uint8_t>(wave < 256 ? wave : 510 - wave);
}

TensorDesc standard_desc(Kind kind) {
  if (kind == Kind::Encoded || kind == Kind::Text)
    return {.kind = kind, .dtype = DType::U8, .shape = {Dim::symbol("bytes")}};
  if (kind == Kind::Tokens) return {.kind = kind, .dtype = DType::I64, .shape = {16}};
  if (kind == Kind::Features) return {.kind = kind, .dtype = DType::F32, .shape = {8}};
  if (kind == Kind::Label) return {.kind = kind, .dtype = DType::I64, .classes = 10};
  if (kind == Kind::Row) {
    TensorDesc row{.kind = kind, .dtype = DType::U8, .shape = {Dim::symbol("bytes")}};
    for (const char* column : {"age", "height", "group", "price"})
      row.columns.push_back({.name = column, .dtype = DType::F64});
    return row;
  }
  return {.kind = Kind::Image, .dtype = DType::U8, .shape = {kHeight, kWidth, kChannels}, .layout = Layout::HWC};
}

void fill_standard(Kind kind, std::uint64_t variant, Datum& out) {
  if (kind == Kind::Encoded) {
    const auto bytes = codec::encode_jpeg(standard_picture(variant).data(), kWidth, kHeight, kChannels, 95);
    out.set_bytes({reinterpret_cast<const char*>(bytes->data()), bytes->size()});
  } else if (kind == Kind::Text) {
    out.set_bytes("Straight ahead, record " + std::to_string(variant));
  } else if (kind == Kind::Tokens) {
    auto* to = reinterpret_cast<std::int64_t*>(out.allocate(DType::I64, {16}));
    for (int i = 0; i < 16; ++i) to[i] = static_cast<std::int64_t>(variant) + i;
  } else if (kind == Kind::Features) {
    auto* to = reinterpret_cast<float*>(out.allocate(DType::F32, {8}));
    for (int i = 0; i < 8; ++i) to[i] = static_cast<float>(variant) + 0.5F * static_cast<float>(i);
  } else if (kind == Kind::Row) {
    const auto number = static_cast<double>(variant);
    RowWriter row(out, 4, 0);
    row.number(0, 31 + number);
    row.number(1, 1.75 - 0.05 * number);
    row.number(2, static_cast<double>(variant % 3));
    row.number(3, 100 * (number + 1));
  } else if (kind == Kind::Label) {
    out.set_label(static_cast<std::int64_t>(variant % 10));
  } else {
    const auto pixels = standard_picture(variant);
    std::memcpy(out.allocate(DType::U8, {kHeight, kWidth, kChannels}, Layout::HWC), pixels.data(), pixels.size());
  }
}

QString mismatch(const TensorDesc& desc, const Datum& value) {
  bool fits = desc.dtype == value.dtype() && desc.layout == value.layout() && desc.shape.size() == value.dims().size();
  for (std::size_t i = 0; fits && i < desc.shape.size(); ++i) fits = desc.shape[i].agrees_with(value.dim(i));
  if (fits) return {};
  return QString::fromStdString("described as " + desc.text() + ", but is " + value.text());
}

std::string content(const Datum& value) {
  return value.text() + ": " + std::string(reinterpret_cast<const char*>(value.data()), value.bytes());
}

SnapshotHistory moments(const Datum& value) {
  const std::size_t count = value.bytes() / size_of(value.dtype());
  double sum = 0;
  double squares = 0;
  for (std::size_t i = 0; i < count; ++i) {
    const double number = number_at(value, i);
    sum += number;
    squares += number * number;
  }
  const double mean = sum / static_cast<double>(count);
  return {mean, std::sqrt(std::max(0.0, squares / static_cast<double>(count) - mean * mean))};
}

StandardRun::StandardRun(const NodeSpec& spec, std::uint64_t variant)
    : spec_(spec), in_(spec.inputs.size()), out_(spec.outputs.size()) {
  for (const PortSpec& port : spec.inputs) descs_.push_back(standard_desc(port.kind));
  for (std::size_t i = 0; i < descs_.size(); ++i) {
    desc_pointers_.push_back(&descs_[i]);
    fill_standard(spec.inputs[i].kind, variant, in_[i]);
  }
}

Result<std::vector<TensorDesc>> StandardRun::infer(const ParamMap& params) const {
  return spec_.infer(params, desc_pointers_);
}

Result<NamedTensors> learn_from_standard(const NodeSpec& spec, const ParamMap& params, std::uint64_t variants) {
  std::vector<TensorDesc> descs;
  std::vector<const TensorDesc*> in;
  for (const PortSpec& port : spec.inputs) descs.push_back(standard_desc(port.kind));
  for (const TensorDesc& desc : descs) in.push_back(&desc);
  const auto all = spec.fitter(params, in);
  for (std::uint64_t variant = 0; variant < variants; ++variant) {
    std::vector<Datum> data(spec.inputs.size());
    std::vector<const Datum*> values;
    for (std::size_t i = 0; i < data.size(); ++i) {
      fill_standard(spec.inputs[i].kind, variant, data[i]);
      values.push_back(&data[i]);
    }
    const auto one = spec.fitter(params, in);
    if (Status added = one->add(values); !added) return fail(std::move(added.error()));
    if (Status merged = all->merge(*one); !merged) return fail(std::move(merged.error()));
  }
  return all->finish();
}

Result<std::unique_ptr<SampleOp>> StandardRun::make(const ParamMap& params) const {
  if (!spec_.fitter || spec_.fitter(params, desc_pointers_) == nullptr) return spec_.sample_op(params, desc_pointers_);
  constexpr std::uint64_t kVariants = 5;
  const auto learnt = learn_from_standard(spec_, params, kVariants);
  if (!learnt) return fail(learnt.error());
  return spec_.fitted_op(params, desc_pointers_, *learnt);
}

Status StandardRun::run(const ParamMap& params, const Rng& rng, bool training) {
  const auto op = make(params);
  if (!op) return fail(op.error());
  std::vector<const Datum*> in;
  std::vector<Datum*> out;
  for (const Datum& datum : in_) in.push_back(&datum);
  for (Datum& datum : out_) out.push_back(&datum);
  OpContext context{.rng = rng, .training = training};
  return (*op)->run(in, out, context);
}

Status run_node(const std::string& type, const ParamMap& params, const Datum& in, Datum& out, const Rng& rng,
                bool training) {
  const NodeSpec* spec = Registry::instance().find(type);
  if (spec == nullptr) return fail("there is no node " + type);
  const TensorDesc desc = desc_of(in, spec->inputs.front().kind);
  const std::vector<const TensorDesc*> descs = {&desc};
  if (auto inferred = spec->infer(params, descs); !inferred) return fail(inferred.error());
  const auto op = spec->sample_op(params, descs);
  if (!op) return fail(op.error());
  const std::vector<const Datum*> from = {&in};
  const std::vector<Datum*> to = {&out};
  OpContext context{.rng = rng, .training = training};
  return (*op)->run(from, to, context);
}

TensorDesc desc_of(const Datum& value, Kind kind) {
  TensorDesc desc{.kind = kind, .dtype = value.dtype(), .layout = value.layout()};
  for (const std::int64_t dim : value.dims()) desc.shape.emplace_back(dim);
  return desc;
}

}  // namespace feedline::test
