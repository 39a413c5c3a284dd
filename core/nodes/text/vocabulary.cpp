// SPDX-License-Identifier: GPL-3.0-or-later
#include "nodes/text/piece_counts.h"
#include "schema/node_builder.h"

#include <algorithm>

namespace feedline::inline nodes {
namespace {

constexpr std::string_view kVocabularyTexts = "tokens";
/// Id 0 fills up, 1 is what is not in the vocabulary.
constexpr std::int64_t kUnknownToken = 1;
constexpr std::int64_t kFirstToken = 2;

/// Looks tokens up. From any thread.
class VocabularyOp final : public SampleOp {
 public:
  VocabularyOp(const PieceParams& params, const std::vector<std::string>& tokens, std::int64_t length)
      : pieces_(params), length_(static_cast<std::size_t>(length)) {
    for (const std::string& token : tokens) index_.add(token);
  }

  Status run(std::span<const Datum* const> in, std::span<Datum* const> out, OpContext&) const override {
    thread_local std::vector<std::int32_t> ids;
    ids.clear();
    pieces_.each({in[0]->as<char>(), in[0]->bytes()}, [&](std::string_view piece) {
      if (ids.size() == length_) return;
      const std::uint32_t known = index_.find(piece);
      ids.push_back(static_cast<std::int32_t>(known == TextIndex::kNone ? kUnknownToken : kFirstToken + known));
    });
    put_token_ids(ids, *out[0]);
    return {};
  }

 private:
  TextPieces pieces_;
  std::size_t length_;
  TextIndex index_{};
};

struct Vocabulary {
  struct Params : PieceParams {
    std::int64_t size = 20000;
    std::int64_t least_count = 2;
    std::int64_t length = 256;
  };

  static NodeSpec spec() {
    return node<Vocabulary>("vocabulary", 1, "Vocabulary",
                            "Makes token ids of texts, from the tokens that are frequent.")
        .help(
            "Before training it cuts all training texts once and keeps the tokens that are most frequent; records that "
            "are set aside for validation are not looked at. From then on a text becomes the ids of its tokens: 0 "
            "fills a batch up, 1 is a token that is not in the vocabulary, and from 2 on they are numbered by how "
            "frequent they are; of equally frequent ones the first in the order of their bytes comes first. What it "
            "has learnt stays in the cache folder and goes with checkpoints. An embedding follows behind the batch; it "
            "learns how many ids there are by itself.\n\n"
            "hash_tokens needs no such pass but cannot tell all tokens apart; sentencepiece cuts rare words into "
            "parts.")
        .in("text", Kind::Text, "A text of any length.")
        .out("tokens", Kind::Tokens, "The ids of its tokens, at most `length`.")
        .with(piece_params<Vocabulary>)
        .param("size", &Params::size, range(1, 2'000'000).ui(100, 50'000).unit("tokens"),
               "The most that the vocabulary has, besides the two ids that are no tokens.")
        .param("least_count", &Params::least_count, range(1, 1'000'000).ui(1, 20),
               "How often a token occurs at least in the training texts. Rare ones teach little and take parameters.")
        .param("length", &Params::length, range(1, 65536).ui(16, 2048).unit("tokens"),
               "The most that a text gives; a longer one is cut.")
        .example({{"least_count", std::int64_t{1}}}, {.mean = 3.5, .stddev = 1.118034})
        .fitted_example({{"least_count", std::int64_t{1}}});
  }

  static Result<TensorDesc> infer(const Params& params, const TensorDesc& in) {
    if (Status fits = check_text_input(in); !fits) return fail(std::move(fits.error()));
    if (Status fits = TextPieces::check(params); !fits) return fail(std::move(fits.error()));
    return describe(params, Dim::symbol("vocabulary"));
  }

  /// `state`: the texts "tokens" in the order of their ids, and "times", how often each occurs.
  static Result<TensorDesc> learnt(const Params& params, DescInputs, const NamedTensors& state) {
    const auto times = state.find("times");  // as many, and quicker to count: the window's thread asks
    if (times == state.end() || times->second.shape.size() != 1) return fail_learnt_text();
    return describe(params, kFirstToken + times->second.shape.front());
  }

  static std::unique_ptr<Fitter> fitter(const Params& params, DescInputs) {
    return piece_fitter(params, [params](const PieceCounts& counts) -> Result<NamedTensors> {
      const auto found = counts.most_frequent(static_cast<std::size_t>(params.size),
                                              static_cast<std::uint64_t>(params.least_count), 1);
      if (found.empty())
        return fail(Error{.reason = "no token is in the training texts so often",
                          .remedy = "Set it to 1, or look at the texts in the preview",
                          .parameter = "least_count"});
      std::vector<std::string> tokens;
      std::vector<std::int64_t> times;
      for (const PieceCounts::Counted& one : found) {
        tokens.push_back(one.piece);
        times.push_back(static_cast<std::int64_t>(one.count.times));
      }
      NamedTensors state{{"times", TensorValue::of(times)}};
      put_texts(state, kVocabularyTexts, tokens);
      return state;
    });
  }

  static Result<std::unique_ptr<SampleOp>> make(const Params& params, DescInputs, const NamedTensors& state) {
    const auto tokens = find_texts(state, kVocabularyTexts);
    const auto times = state.find("times");
    if (!tokens || times == state.end() ||
        times->second.shape != std::vector{static_cast<std::int64_t>(tokens->size())})
      return fail_learnt_text();
    return std::make_unique<VocabularyOp>(params, *tokens, params.length);
  }

 private:
  static TensorDesc describe(const Params& params, Dim ids) {
    return {.kind = Kind::Tokens, .dtype = DType::I32, .shape = {Dim::up_to(params.length)}, .classes = std::move(ids)};
  }
};

}  // namespace
}  // namespace feedline::inline nodes

FEEDLINE_NODE(Vocabulary)
