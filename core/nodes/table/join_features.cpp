// SPDX-License-Identifier: GPL-3.0-or-later
#include "schema/input_names.h"
#include "schema/node_builder.h"

#include <algorithm>
#include <cstring>

namespace feedline::inline nodes {
namespace {

constexpr std::size_t kMostJoined = 32;
constexpr std::string_view kJoinOutput = "features";

struct JoinFeatures {
  struct Params {
    std::vector<std::string> inputs = {"first", "second"};
  };

  static NodeSpec spec() {
    return node<JoinFeatures>("join_features", 1, "Join features", "Puts several vectors of a record into one.")
        .help(
            "Columns that are prepared in different ways, a text's features and those of a table: what a model is to "
            "see as one vector is joined here, in the order of the inputs. Each input is a vector of f32 whose length "
            "is known; the names of columns stay with them where all inputs have some. A wire that is dropped on the "
            "free input adds one.")
        .list("inputs", &Params::inputs,
              {.least = 1,
               .most = kMostJoined,
               .longest = 64,
               .unique = true,
               .item_text = "input",
               .form = "a name of letters, digits and _",
               .check_item = [](std::string_view text) { return check_input_name(text, kJoinOutput); }},
              "What is joined: an input for each name.")
        .example({}, {.mean = 1.75, .stddev = 1.1456439});
  }

  static NodePorts ports(const Params& params) {
    NodePorts ports;
    for (const std::string& name : input_names(params.inputs, kJoinOutput))
      ports.inputs.push_back({.name = name, .kind = Kind::Features, .doc = "A vector of f32."});
    ports.outputs.push_back(
        {.name = std::string(kJoinOutput), .kind = Kind::Features, .doc = "All of them, one behind the other."});
    return ports;
  }

  static Result<NewPort> add_port(const Params& params, std::string_view wanted, Kind kind) {
    if (kind != Kind::Features)
      return fail("it joins features, but this wire brings " + std::string(name(kind)),
                  "Put a node in between that makes features of it");
    if (params.inputs.size() >= kMostJoined)
      return fail("it has " + std::to_string(kMostJoined) + " inputs, as many as it can have",
                  "Remove one that is not wired, or join some of them first");
    const std::vector<std::string> known = input_names(params.inputs, kJoinOutput);
    const std::string stem(is_input_name(wanted, kJoinOutput) ? wanted : "more");
    std::string port = stem;
    for (int number = 2; std::find(known.begin(), known.end(), port) != known.end();)
      port = stem + std::to_string(number++);
    ValueList inputs(params.inputs.begin(), params.inputs.end());
    inputs.emplace_back(port);
    return NewPort{.port = port, .param = "inputs", .value = Value(std::move(inputs))};
  }

  static Result<std::vector<TensorDesc>> infer(const Params& params, DescInputs in) {
    const std::vector<std::string> names = input_names(params.inputs, kJoinOutput);
    TensorDesc out{.kind = Kind::Features, .dtype = DType::F32};
    std::int64_t length = 0;
    bool known = true;
    bool named = true;
    for (std::size_t i = 0; i < in.size(); ++i) {
      if (in[i] == nullptr) {
        known = false;
        continue;
      }
      const TensorDesc& part = *in[i];
      if (part.dtype != DType::F32 || part.shape.size() != 1 || part.ragged())
        return fail(Error{.reason = "it joins vectors of f32, but " + part.text() + " arrives",
                          .port = i < names.size() ? names[i] : std::string()});
      known &= part.shape.front().known();
      if (!known) continue;
      length += part.shape.front().size();
      named &= part.columns.size() == static_cast<std::size_t>(part.shape.front().size());
      out.columns.insert(out.columns.end(), part.columns.begin(), part.columns.end());
    }
    out.shape = {known ? Dim(length) : Dim::symbol("features")};
    if (!known || !named) out.columns.clear();
    return std::vector<TensorDesc>{std::move(out)};
  }

  static Result<std::unique_ptr<SampleOp>> make(const Params&, DescInputs in) {
    std::vector<std::size_t> lengths;
    for (const TensorDesc* part : in) {
      if (part == nullptr || part->shape.size() != 1 || !part->shape.front().known())
        return fail("the length of its inputs is not known");
      lengths.push_back(static_cast<std::size_t>(part->shape.front().size()));
    }
    return std::make_unique<Op>(std::move(lengths));
  }

 private:
  class Op final : public SampleOp {
   public:
    explicit Op(std::vector<std::size_t> lengths) : lengths_(std::move(lengths)) {
      for (const std::size_t length : lengths_) sum_ += length;
    }

    Status run(std::span<const Datum* const> in, std::span<Datum* const> out, OpContext&) const override {
      std::byte* to = out[0]->allocate(DType::F32, {static_cast<std::int64_t>(sum_)});
      for (std::size_t i = 0; i < lengths_.size(); ++i) {
        const std::size_t bytes = lengths_[i] * sizeof(float);
        if (in[i]->bytes() != bytes)
          return fail_record("a vector of " + std::to_string(in[i]->bytes() / sizeof(float)) + " numbers where " +
                             std::to_string(lengths_[i]) + " are expected");
        if (bytes != 0) std::memcpy(to, in[i]->data(), bytes);
        to += bytes;
      }
      return {};
    }

   private:
    std::vector<std::size_t> lengths_;
    std::size_t sum_ = 0;
  };
};

}  // namespace
}  // namespace feedline::inline nodes

FEEDLINE_NODE(JoinFeatures)
