// SPDX-License-Identifier: GPL-3.0-or-later
#include "nodes/source/file_io.h"
#include "nodes/text/piece_counts.h"
#include "nodes/text/sentence_pieces.h"
#include "nodes/text/text_pieces.h"
#include "schema/ask_later.h"
#include "schema/node_builder.h"

#include <algorithm>
#include <cerrno>
#include <map>
#include <mutex>
#include <optional>
#include <span>
#include <tuple>

namespace feedline::inline nodes {
namespace {

constexpr const char* kModelTensor = "model";
constexpr std::string_view kPieceTexts = "pieces";
constexpr std::size_t kLargestModel = std::size_t{64} << 20;
/// What is kept of texts to learn from.
constexpr std::size_t kMostLearntBytes = std::size_t{32} << 20;
constexpr std::size_t kLongestLearntText = 16384;

using SharedPieces = std::shared_ptr<const SentencePieces>;

/// A user's model, read once as long as the file is the same: whoever draws asks for its size again and again.
Result<SharedPieces> model_of_file(const std::string& path) {
  const auto fail_model = [](Error error) { return fail(std::move(error).at_parameter("file")); };
  FileFacts facts;
  const auto file = open_file(path, &facts);
  if (!file) return fail_model(file.error());
  if (facts.size > kLargestModel)
    return fail_model(fail_file(path, "it is too large for a model", "Choose another").value());
  static std::mutex mutex;
  static std::tuple<std::string, std::uint64_t, std::int64_t, SharedPieces> last;
  const std::lock_guard lock(mutex);
  auto& [known, size, time, pieces] = last;
  if (pieces != nullptr && known == path && size == facts.size && time == facts.modified_ns) return pieces;
  std::string bytes(static_cast<std::size_t>(facts.size), '\0');
  if (!read_at(file->get(), std::as_writable_bytes(std::span(bytes)), 0))
    return fail_model(read_error(path, errno, "it became shorter while it was read").value());
  auto read = SentencePieces::of(bytes);
  if (!read) return fail_model(std::move(read.error()).in_file(path));
  last = {path, facts.size, facts.modified_ns, *read};
  return read;
}

/// How many ids the models of files have, or why they are none, as it was found last: the window's thread may load
/// neither sentencepiece nor a model.
class PieceFileAnswers {
 public:
  static PieceFileAnswers& instance() {
    static PieceFileAnswers all;
    return all;
  }
  [[nodiscard]] std::optional<Result<std::int64_t>> find(const std::string& path) {
    const std::lock_guard lock(mutex_);
    const auto known = known_.find(path);
    if (known == known_.end()) return std::nullopt;
    return known->second;
  }
  void put(const std::string& path, const Result<std::int64_t>& ids) {
    const std::lock_guard lock(mutex_);
    if (known_.size() >= kMostAnswers) known_.clear();
    known_.insert_or_assign(path, ids);
  }

 private:
  static constexpr std::size_t kMostAnswers = 256;
  std::mutex mutex_{};
  std::map<std::string, Result<std::int64_t>, std::less<>> known_{};
};

/// None: nobody has looked yet, and it is not the time to (schema/ask_later.h).
std::optional<Result<std::int64_t>> ids_of_file(const std::string& path) {
  PieceFileAnswers& answers = PieceFileAnswers::instance();
  if (AskLater::on()) return answers.find(path);
  const auto model = model_of_file(path);
  const Result<std::int64_t> ids = model ? Result<std::int64_t>((*model)->ids()) : fail(model.error());
  answers.put(path, ids);
  return ids;
}

Result<SharedPieces> model_of_state(const NamedTensors& state) {
  const auto found = state.find(kModelTensor);
  const auto bytes = found == state.end() ? std::nullopt : found->second.numbers<std::uint8_t>();
  if (!bytes || bytes->empty()) return fail_learnt_text();
  if (Status can = can_cut_sentence_pieces(); !can) return fail(std::move(can.error()));
  auto read = SentencePieces::of({reinterpret_cast<const char*>(bytes->data()), bytes->size()});
  const auto pieces = each_text(state, kPieceTexts, [](std::string_view) {});
  if (!read || !pieces || static_cast<std::int64_t>(*pieces) != (*read)->ids()) return fail_learnt_text();
  return read;
}

/// Keeps the first texts, in the order of the sampler, as far as they find room.
class SentencePieceFitter final : public Fitter {
 public:
  SentencePieceFitter(SentencePieceRecipe recipe, std::size_t most) : recipe_(std::move(recipe)), most_(most) {}

  Status add(std::span<const Datum* const> in) override {
    std::string_view text(in[0]->as<char>(), in[0]->bytes());
    if (text.size() > kLongestLearntText) {
      std::size_t end = kLongestLearntText;
      while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xC0U) == 0x80U) --end;  // within a character
      text = text.substr(0, end);
    }
    if (!text.empty()) take(std::string(text));
    return {};
  }
  Status merge(const Fitter& next) override {
    for (const std::string& text : static_cast<const SentencePieceFitter&>(next).texts_) take(text);
    return {};
  }
  [[nodiscard]] Result<NamedTensors> finish() const override {
    if (texts_.empty()) return fail("there is no good training record to learn from", "See the list of bad records");
    auto model = learn_sentence_pieces(texts_, recipe_);
    if (!model) return fail(std::move(model.error()).at_parameter("size"));
    const auto pieces = SentencePieces::of(*model);
    if (!pieces) return fail(pieces.error());
    const std::span<const std::uint8_t> bytes(reinterpret_cast<const std::uint8_t*>(model->data()), model->size());
    NamedTensors state{{kModelTensor, TensorValue::of(bytes, {static_cast<std::int64_t>(bytes.size())})}};
    put_texts(state, kPieceTexts, (*pieces)->pieces());
    return state;
  }

 private:
  void take(std::string text) {
    if (texts_.size() >= most_ || bytes_ + text.size() > kMostLearntBytes) return;
    bytes_ += text.size();
    texts_.push_back(std::move(text));
  }

  SentencePieceRecipe recipe_;
  std::size_t most_;
  std::vector<std::string> texts_{};
  std::size_t bytes_ = 0;
};

class SentencePieceOp final : public SampleOp {
 public:
  SentencePieceOp(SharedPieces pieces, std::int64_t length)
      : pieces_(std::move(pieces)), length_(static_cast<std::size_t>(length)) {}

  Status run(std::span<const Datum* const> in, std::span<Datum* const> out, OpContext&) const override {
    thread_local std::vector<int> ids;
    if (Status cut = pieces_->cut({in[0]->as<char>(), in[0]->bytes()}, ids); !cut) return cut;
    put_token_ids(std::span(ids).first(std::min(ids.size(), length_)), *out[0]);
    return {};
  }

 private:
  SharedPieces pieces_;
  std::size_t length_;
};

struct SentencePiece {
  static constexpr bool kAsksFile = true;

  struct Params {
    std::string file{};
    std::string algorithm = "unigram";
    std::int64_t size = 8000;
    std::int64_t most_texts = 20000;
    std::int64_t length = 256;
  };

  static NodeSpec spec() {
    return node<SentencePiece>("sentencepiece", 1, "SentencePiece",
                               "Makes token ids of texts, cutting rare words into parts.")
        .help(
            "The tokens of many language models (Kudo and Richardson, 2018): frequent words are one piece, rare ones "
            "several, so that few ids tell all words and none is unknown. Languages without blanks need nothing else. "
            "With a file it cuts by a .model of yours, whose ids are one higher here unless its id 0 fills up already. "
            "Without one it learns before training, by sentencepiece's own code, from the first training texts; "
            "records that are set aside for validation are not looked at. That takes seconds to minutes; the result "
            "stays in the cache folder and goes with checkpoints. Id 0 fills a batch up.")
        .in("text", Kind::Text, "A text of any length, UTF-8.")
        .out("tokens", Kind::Tokens, "The ids of its pieces, at most `length`.")
        .optional_file("file", &Params::file, "A .model file of sentencepiece; empty: the pieces are learnt.")
        .choice("algorithm", &Params::algorithm, {"unigram", "bpe"},
                "How pieces are learnt: those that make all texts likeliest, or by joining the pairs that are most "
                "frequent.")
        .only_if("file", {""})
        .param("size", &Params::size, range(8, 1'000'000).ui(500, 32'000).unit("pieces"),
               "How many pieces are learnt; fewer where the texts have no more.")
        .only_if("file", {""})
        .param("most_texts", &Params::most_texts, range(1, 1'000'000).ui(1000, 100'000).unit("texts"),
               "From how many texts they are learnt at most, of 32 MiB together.")
        .only_if("file", {""})
        .param("length", &Params::length, range(1, 65536).ui(16, 2048).unit("tokens"),
               "The most that a text gives; a longer one is cut.")
        .example({{"algorithm", std::string("bpe")}, {"size", std::int64_t{32}}},
                 {.mean = 12.153846, .stddev = 6.236939})
        .fitted_example({{"algorithm", std::string("bpe")}, {"size", std::int64_t{32}}});
  }

  static Result<TensorDesc> infer(const Params& params, const TensorDesc& in) {
    if (Status fits = check_text_input(in); !fits) return fail(std::move(fits.error()));
    if (!AskLater::on() || sentence_pieces_tried())
      if (Status can = can_cut_sentence_pieces(); !can) return fail(std::move(can.error()));
    if (params.file.empty()) return describe(params, Dim::symbol("vocabulary"));
    const auto ids = ids_of_file(params.file);
    if (!ids) return TensorDesc{.kind = Kind::Tokens, .dtype = DType::I32};  // known later
    if (!*ids) return fail(ids->error());
    return describe(params, **ids);
  }

  /// `state`: "model", the bytes of a .model file, and the texts "pieces", one an id: they are quicker to count than
  /// the model is to load, and the window's thread asks.
  static Result<TensorDesc> learnt(const Params& params, DescInputs, const NamedTensors& state) {
    const auto pieces = each_text(state, kPieceTexts, [](std::string_view) {});
    if (!pieces) return fail_learnt_text();
    return describe(params, static_cast<std::int64_t>(*pieces));
  }

  static std::unique_ptr<Fitter> fitter(const Params& params, DescInputs) {
    if (!params.file.empty()) return nullptr;
    return std::make_unique<SentencePieceFitter>(
        SentencePieceRecipe{.algorithm = params.algorithm, .size = params.size},
        static_cast<std::size_t>(params.most_texts));
  }

  static Result<std::unique_ptr<SampleOp>> make(const Params& params, DescInputs, const NamedTensors& state) {
    const auto model = params.file.empty() ? model_of_state(state) : model_of_file(params.file);
    if (!model) return fail(model.error());
    return std::make_unique<SentencePieceOp>(*model, params.length);
  }

 private:
  static TensorDesc describe(const Params& params, Dim ids) {
    return {.kind = Kind::Tokens, .dtype = DType::I32, .shape = {Dim::up_to(params.length)}, .classes = std::move(ids)};
  }
};

}  // namespace
}  // namespace feedline::inline nodes

FEEDLINE_NODE(SentencePiece)
