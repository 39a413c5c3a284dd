// SPDX-License-Identifier: GPL-3.0-or-later
#include "nodes/text/piece_counts.h"
#include "schema/node_builder.h"

#include <algorithm>
#include <cmath>

namespace feedline::inline nodes {
namespace {

constexpr std::string_view kTfIdfTerms = "terms";

/// Terms and their weights; none: what was learnt is damaged.
struct TfIdfState {
  std::vector<std::string> terms{};
  std::vector<double> weights{};

  /// `state`: the texts "terms", in bytes' order; "texts with it", of how many each is part; "texts", of how many.
  static Result<TfIdfState> from(const NamedTensors& state) {
    const auto numbers = [&](std::string_view name) {
      const auto found = state.find(name);
      return found == state.end() ? std::nullopt : found->second.numbers<std::int64_t>();
    };
    auto terms = find_texts(state, kTfIdfTerms);
    const auto with = numbers("texts with it");
    const auto all = numbers("texts");
    if (!terms || terms->empty() || !with || with->size() != terms->size() || !all || all->size() != 1)
      return fail_learnt_text();
    TfIdfState found{.terms = std::move(*terms)};
    for (const std::int64_t texts : *with)
      found.weights.push_back(std::log(static_cast<double>(1 + all->front()) / static_cast<double>(1 + texts)) + 1);
    return found;
  }
};

class TfIdfOp final : public SampleOp {
 public:
  TfIdfOp(const PieceParams& params, const TfIdfState& state, bool sublinear)
      : pieces_(params), sublinear_(sublinear), weights_(state.weights) {
    for (const std::string& term : state.terms) index_.add(term);
  }

  Status run(std::span<const Datum* const> in, std::span<Datum* const> out, OpContext&) const override {
    thread_local std::vector<std::uint32_t> met;
    met.clear();
    std::byte* memory = out[0]->allocate(DType::F32, {static_cast<std::int64_t>(weights_.size())});
    std::memset(memory, 0, weights_.size() * sizeof(float));
    auto* to = reinterpret_cast<float*>(memory);
    pieces_.each({in[0]->as<char>(), in[0]->bytes()}, [&](std::string_view piece) {
      const std::uint32_t known = index_.find(piece);
      if (known == TextIndex::kNone) return;
      if (to[known] == 0) met.push_back(known);
      to[known] += 1;
    });
    double squares = 0;
    for (const std::uint32_t at : met) {
      const double value = weighted(to[at], at);
      squares += value * value;
    }
    const double scale = squares > 0 ? 1 / std::sqrt(squares) : 0;
    for (const std::uint32_t at : met) to[at] = static_cast<float>(weighted(to[at], at) * scale);
    return {};
  }

 private:
  [[nodiscard]] double weighted(float times, std::uint32_t at) const {
    const auto count = static_cast<double>(times);
    return (sublinear_ ? 1 + std::log(count) : count) * weights_[at];
  }

  TextPieces pieces_;
  bool sublinear_;
  std::vector<double> weights_;
  TextIndex index_{};
};

struct TfIdf {
  struct Params : PieceParams {
    std::int64_t size = 4096;
    std::int64_t least_texts = 1;
    bool sublinear = false;
  };

  static NodeSpec spec() {
    return node<TfIdf>("tf_idf", 1, "TF-IDF", "Makes a vector of a text: how often each term occurs, rare terms more.")
        .help(
            "Term frequency times inverse document frequency: one number for each of the terms that are most frequent "
            "in the training texts, which are looked at once before training. A term that is in few texts says more "
            "and weighs more: its count times ln((1 + texts) / (1 + texts with it)) + 1, the whole scaled to length 1, "
            "as scikit-learn's TfidfVectorizer does it. With a linear layer behind the batch it makes a quick "
            "classifier that is hard to beat on small sets; estimators take it as well. The order of the terms in a "
            "text is lost. Numbers stand in the order of the terms' bytes.")
        .in("text", Kind::Text, "A text of any length.")
        .out("features", Kind::Features, "A number for each term, f32; zeros for a text without any.")
        .with(piece_params<TfIdf>)
        .param("size", &Params::size, range(1, 262'144).ui(64, 32'768).unit("terms"),
               "The most terms; the vectors have as many numbers.")
        .param("least_texts", &Params::least_texts, range(1, 1'000'000).ui(1, 20),
               "In how many training texts a term must be at least.")
        .param("sublinear", &Params::sublinear,
               "A term that occurs often in one text counts 1 + ln of how often, not as often.")
        .example({}, {.mean = 0.234220, .stddev = 0.264842})
        .fitted_example({{"size", std::int64_t{16}}});
  }

  static Result<TensorDesc> infer(const Params& params, const TensorDesc& in) {
    if (Status fits = check_text_input(in); !fits) return fail(std::move(fits.error()));
    if (Status fits = TextPieces::check(params); !fits) return fail(std::move(fits.error()));
    return describe(Dim::symbol("features"));
  }

  static Result<TensorDesc> learnt(const Params&, DescInputs, const NamedTensors& state) {
    const auto found = TfIdfState::from(state);
    if (!found) return fail(found.error());
    return describe(static_cast<std::int64_t>(found->terms.size()));
  }

  static std::unique_ptr<Fitter> fitter(const Params& params, DescInputs) {
    return piece_fitter(params, [params](const PieceCounts& counts) -> Result<NamedTensors> {
      auto found = counts.most_frequent(static_cast<std::size_t>(params.size), 1,
                                        static_cast<std::uint64_t>(params.least_texts));
      if (found.empty())
        return fail(Error{.reason = "no term is in so many training texts",
                          .remedy = "Set it to 1, or look at the texts in the preview",
                          .parameter = "least_texts"});
      std::sort(found.begin(), found.end(), [](const auto& a, const auto& b) { return a.piece < b.piece; });
      std::vector<std::string> terms;
      std::vector<std::int64_t> with;
      for (const PieceCounts::Counted& one : found) {
        terms.push_back(one.piece);
        with.push_back(static_cast<std::int64_t>(one.count.texts));
      }
      NamedTensors state{{"texts with it", TensorValue::of(with)},
                         {"texts", TensorValue::of(std::vector{static_cast<std::int64_t>(counts.texts())})}};
      put_texts(state, kTfIdfTerms, terms);
      return state;
    });
  }

  static Result<std::unique_ptr<SampleOp>> make(const Params& params, DescInputs, const NamedTensors& state) {
    const auto found = TfIdfState::from(state);
    if (!found) return fail(found.error());
    return std::make_unique<TfIdfOp>(params, *found, params.sublinear);
  }

 private:
  static TensorDesc describe(Dim terms) {
    return {.kind = Kind::Features, .dtype = DType::F32, .shape = {std::move(terms)}};
  }
};

}  // namespace
}  // namespace feedline::inline nodes

FEEDLINE_NODE(TfIdf)
