// SPDX-License-Identifier: GPL-3.0-or-later
#include "nodes/model/layer_shape.h"

#include <fmt/format.h>

#include <charconv>

namespace feedline::inline nodes {
namespace {

/// Longer symbols say nothing to a reader and would make inference quadratic in the depth of the graph.
constexpr std::size_t kLongestSymbol = 24;

Dim short_symbol(std::string text) { return Dim::symbol(text.size() <= kLongestSymbol ? std::move(text) : "?"); }

/// H -> H/2, H/2 -> H/4, H-2 -> (H-2)/2.
Dim divided(const std::string& symbol, std::int64_t by) {
  const auto slash = symbol.rfind('/');
  if (slash != std::string::npos && symbol.find_first_of("+-)", slash) == std::string::npos) {
    std::int64_t old = 0;
    const char* end = symbol.data() + symbol.size();
    const auto [rest, fault] = std::from_chars(symbol.data() + slash + 1, end, old);
    if (fault == std::errc{} && rest == end && old > 0 && old < 1'000'000)
      return short_symbol(fmt::format("{}/{}", symbol.substr(0, slash), old * by));
  }
  const bool bare = symbol.find_first_of("+-") == std::string::npos;
  return short_symbol(bare ? fmt::format("{}/{}", symbol, by) : fmt::format("({})/{}", symbol, by));
}

tl::unexpected<Error> fail_at(std::string_view port, std::string reason, std::string remedy) {
  return fail(Error{.reason = std::move(reason), .remedy = std::move(remedy), .port = std::string(port)});
}

}  // namespace

Result<TensorDesc> input_desc(DescInputs in, std::size_t index, std::string_view port) {
  if (index < in.size() && in[index] != nullptr) return *in[index];
  return fail_at(port, "what arrives here is not known", "Connect it, and mend the nodes before it");
}

Status check_float(const TensorDesc& in, std::string_view port) {
  if (in.dtype == DType::F32) return {};
  if (in.dtype == DType::F16 || in.dtype == DType::F64)
    return fail_at(port, fmt::format("it needs 32-bit floating-point numbers, but {} arrives", in.text()),
                   "Connect a tensor of f32");
  if (in.dtype == DType::U8)
    return fail_at(port, fmt::format("it needs floating-point numbers, but pixels arrive ({})", in.text()),
                   "Put a normalise node before the batch");
  return fail_at(port, fmt::format("it needs floating-point numbers, but whole numbers arrive ({})", in.text()),
                 "Connect a tensor of floating-point numbers");
}

Status check_one_size(const TensorDesc& in, std::string_view port) {
  for (std::size_t i = 1; i < in.shape.size(); ++i)
    if (!in.shape[i].known() && in.shape[i].bounded())
      return fail_at(port, fmt::format("it needs records of one size, but they differ ({})", in.text()),
                     "Put a layer between that takes records of any length, such as embedding_bag or sequence_pool");
  return check_float(in, port);
}

Status check_pictures(const TensorDesc& in, std::string_view port) {
  if (auto status = check_one_size(in, port); !status) return status;
  if (in.layout == Layout::HWC)
    return fail_at(port, fmt::format("it needs pictures as N×C×H×W, but {} arrives", in.text()),
                   "Put a normalise node before the batch");
  if (in.shape.size() == 4) return {};
  return fail_at(port, fmt::format("it needs pictures (N×C×H×W), but {} arrives", in.text()),
                 in.shape.size() < 4 ? "Move it before the node that flattens the pictures" : "Connect pictures");
}

Status check_features(const TensorDesc& in, std::string_view port) {
  if (auto status = check_one_size(in, port); !status) return status;
  if (in.shape.size() == 2) return {};
  return fail_at(port, fmt::format("it needs one row of features a record (N×F), but {} arrives", in.text()),
                 in.shape.size() > 2 ? "Put a flatten or global average pool node before it" : "Connect features");
}

Result<Dim> slide(const Dim& in, const Window& window) {
  if (in.known()) {
    if (window.same) return Dim((in.size() + window.stride - 1) / window.stride);
    if (in.size() < window.kernel)
      return fail(fmt::format("a window of {} does not fit into an input of {}", window.kernel, in.size()));
    return Dim((in.size() - window.kernel) / window.stride + 1);
  }
  const std::string& name = in.symbol_name();
  if (window.same) return window.stride == 1 ? in : divided(name, window.stride);
  if (window.kernel == window.stride) return divided(name, window.stride);
  const Dim fits = window.kernel == 1 ? in : short_symbol(fmt::format("{}-{}", name, window.kernel - 1));
  return window.stride == 1 ? fits : divided(fits.symbol_name(), window.stride);
}

Result<TensorDesc> slide(const TensorDesc& in, const Window& window, const Dim& channels) {
  if (auto status = check_pictures(in, "x"); !status) return fail(std::move(status.error()));
  TensorDesc out = in;
  out.layout = Layout::None;
  out.shape[1] = channels;
  for (const std::size_t axis : {std::size_t{2}, std::size_t{3}}) {
    auto size = slide(in.shape[axis], window);
    if (!size) {
      const std::int64_t most = in.shape[axis].size();
      return fail(Error{
          .reason = fmt::format("its {0}×{0} kernel is larger than its input, {1}×{2} pixels", window.kernel,
                                in.shape[2].text(), in.shape[3].text()),
          .remedy = fmt::format("Choose a kernel of at most {}, larger pictures, or less pooling before it", most),
          .port = "x",
          .parameter = "kernel"});
    }
    out.shape[axis] = *size;
  }
  return out;
}

Dim product(const TensorDesc& in, std::size_t first) {
  std::int64_t known = 1;
  std::string symbols;
  for (std::size_t i = first; i < in.shape.size(); ++i) {
    if (in.shape[i].known()) {
      known *= in.shape[i].size();
    } else {
      symbols += (symbols.empty() ? "" : "×") + in.shape[i].symbol_name();
    }
  }
  if (symbols.empty()) return known;
  return short_symbol(known == 1 ? symbols : fmt::format("{}×{}", known, symbols));
}

}  // namespace feedline::inline nodes
