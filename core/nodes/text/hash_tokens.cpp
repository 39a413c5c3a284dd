// SPDX-License-Identifier: GPL-3.0-or-later
#include "base/text_index.h"
#include "nodes/text/piece_counts.h"
#include "schema/node_builder.h"

namespace feedline::inline nodes {
namespace {

/// The bits of a hash, each of them hanging on all of its input's (the finish of MurmurHash3, Appleby, 2011).
std::uint64_t mixed_bits(std::uint64_t hash) {
  hash = (hash ^ hash >> 33U) * 0xFF51AFD7ED558CCDU;
  hash = (hash ^ hash >> 33U) * 0xC4CEB9FE1A85EC53U;
  return hash ^ hash >> 33U;
}

class HashTokensOp final : public SampleOp {
 public:
  HashTokensOp(const PieceParams& params, std::int64_t size, std::int64_t length)
      : pieces_(params), size_(static_cast<std::uint64_t>(size)), length_(static_cast<std::size_t>(length)) {}

  Status run(std::span<const Datum* const> in, std::span<Datum* const> out, OpContext&) const override {
    thread_local std::vector<std::int32_t> ids;
    ids.clear();
    pieces_.each({in[0]->as<char>(), in[0]->bytes()}, [&](std::string_view piece) {
      if (ids.size() < length_)
        ids.push_back(static_cast<std::int32_t>(1 + mixed_bits(TextIndex::hash_of(piece)) % size_));
    });
    put_token_ids(ids, *out[0]);
    return {};
  }

 private:
  TextPieces pieces_;
  std::uint64_t size_;
  std::size_t length_;
};

struct HashTokens {
  struct Params : PieceParams {
    std::int64_t size = 32768;
    std::int64_t length = 256;
  };

  static NodeSpec spec() {
    return node<HashTokens>("hash_tokens", 1, "Hash tokens", "Makes token ids of texts without learning a vocabulary.")
        .help(
            "The hashing trick (Weinberger et al., 2009): the id of a token is a hash of its bytes, so that nothing "
            "has to be learnt, no token is unknown and texts of any number stream. Two tokens can share an id; the "
            "more ids there are, the fewer do. Id 0 fills a batch up. It suits char_ngrams, of which there are too "
            "many for a vocabulary, with an embedding_bag behind the batch.")
        .in("text", Kind::Text, "A text of any length.")
        .out("tokens", Kind::Tokens, "The ids of its tokens, at most `length`.")
        .with(piece_params<HashTokens>)
        .param("size", &Params::size, range(1, 16'000'000).ui(1024, 1'048'576).unit("ids"),
               "How many ids there are, besides 0.")
        .param("length", &Params::length, range(1, 65536).ui(16, 2048).unit("tokens"),
               "The most that a text gives; a longer one is cut.")
        .example({{"size", std::int64_t{1000}}}, {.mean = 706, .stddev = 339.336117});
  }

  static Result<TensorDesc> infer(const Params& params, const TensorDesc& in) {
    if (Status fits = check_text_input(in); !fits) return fail(std::move(fits.error()));
    if (Status fits = TextPieces::check(params); !fits) return fail(std::move(fits.error()));
    return TensorDesc{
        .kind = Kind::Tokens, .dtype = DType::I32, .shape = {Dim::up_to(params.length)}, .classes = params.size + 1};
  }

  static Result<std::unique_ptr<SampleOp>> make(const Params& params, DescInputs) {
    return std::make_unique<HashTokensOp>(params, params.size, params.length);
  }
};

}  // namespace
}  // namespace feedline::inline nodes

FEEDLINE_NODE(HashTokens)
