// SPDX-License-Identifier: GPL-3.0-or-later
#include "nodes/model/sequence_shape.h"

#include "nodes/model/layer_shape.h"

#include <fmt/format.h>

#include <string>
#include <utility>

namespace feedline::inline nodes {
namespace {

tl::unexpected<Error> fail_sequence(std::string_view port, std::string reason, std::string remedy) {
  return fail(Error{.reason = std::move(reason), .remedy = std::move(remedy), .port = std::string(port)});
}

}  // namespace

Status check_token_ids(const TensorDesc& in, std::string_view port) {
  if ((in.dtype == DType::I32 || in.dtype == DType::I64) && in.shape.size() == 2) return {};
  return fail_sequence(port, fmt::format("it needs token ids (N×T), but {} arrives", in.text()),
                       "Connect the tokens of a batch");
}

Status check_sequences(const TensorDesc& in, std::string_view port) {
  if (in.shape.size() != 3)
    return fail_sequence(port, fmt::format("it needs sequences (N×T×F), but {} arrives", in.text()),
                         in.shape.size() == 2 ? "Put an embedding between the tokens and it"
                                              : "Connect what an embedding or another layer on sequences gives");
  if (!in.shape[2].known() && in.shape[2].bounded())
    return fail_sequence(port, fmt::format("its places differ in size ({})", in.text()),
                         "Connect sequences with one number of features");
  return check_float(in, port);
}

Result<TensorDesc> sequences_in(DescInputs in) {
  auto x = input_desc(in, 0, "x");
  if (!x) return x;
  if (Status fits = check_sequences(*x, "x"); !fits) return fail(std::move(fits.error()));
  if (in.size() < 2 || in[1] == nullptr || in[1]->shape.empty()) return x;  // nothing is wired
  const TensorDesc& tokens = *in[1];
  if (Status fits = check_token_ids(tokens, kTokensPort); !fits) return fail(std::move(fits.error()));
  const Dim& places = x->shape[1];
  const Dim& ids = tokens.shape[1];
  if (places.bounded() && ids.bounded() && places.most() != ids.most())
    return fail_sequence(kTokensPort,
                         fmt::format("there are {} tokens to sequences of {} places", ids.text(), places.text()),
                         "Wire the tokens that the sequences come from, or none where a layer between has made them "
                         "shorter");
  return x;
}

Result<std::int64_t> ids_of(const TensorDesc& tokens, std::int64_t vocabulary) {
  const auto fail_ids = [](std::string reason, std::string remedy) {
    return fail(Error{.reason = std::move(reason), .remedy = std::move(remedy), .parameter = "vocabulary"});
  };
  if (!tokens.classes.known()) return vocabulary;  // learnt from the data before a run
  const std::int64_t known = tokens.classes.size();
  if (vocabulary == 0 && known == 0)
    return fail_ids("how many ids there are is not known", "Set the size of the vocabulary");
  if (vocabulary > 0 && vocabulary < known)
    return fail_ids(fmt::format("the tokens have {} ids", known), "Set it to 0, or to as many at least");
  return vocabulary > 0 ? vocabulary : known;
}

std::int64_t most_places(const TensorDesc& in) { return in.shape[1].bounded() ? in.shape[1].most() : 0; }

}  // namespace feedline::inline nodes
