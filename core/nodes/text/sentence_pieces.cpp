// SPDX-License-Identifier: GPL-3.0-or-later
#include "nodes/text/sentence_pieces.h"

#include "base/plain_text.h"

#include <exception>
#include <sentencepiece_processor.h>
#include <sentencepiece_trainer.h>
#include <unordered_map>
#include <utility>

namespace feedline::inline nodes {
namespace {

/// Hands the library one text after the other.
class TextsInOrder final : public sentencepiece::SentenceIterator {
 public:
  explicit TextsInOrder(const std::vector<std::string>& texts) : texts_(texts) {}
  bool done() const override { return at_ >= texts_.size(); }
  void Next() override { ++at_; }
  const std::string& value() const override { return texts_[at_]; }
  sentencepiece::util::Status status() const override { return {}; }

 private:
  const std::vector<std::string>& texts_;
  std::size_t at_ = 0;
};

}  // namespace

struct SentencePieces::Impl {
  sentencepiece::SentencePieceProcessor processor{};
  int shift = 0;
};

SentencePieces::SentencePieces(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
SentencePieces::~SentencePieces() = default;

Result<std::shared_ptr<const SentencePieces>> SentencePieces::of(std::string_view bytes) {
  auto impl = std::make_unique<Impl>();
  try {
    const auto loaded = impl->processor.LoadFromSerializedProto(bytes);
    if (!loaded.ok() || impl->processor.GetPieceSize() <= 0)
      return fail(
          "it is no model of sentencepiece" + (loaded.ok() ? std::string() : ": " + plain_line(loaded.ToString())),
          "Choose a .model file that sentencepiece has written");
  } catch (const std::exception& fault) {
    return fail("it is no model of sentencepiece: " + plain_line(fault.what()),
                "Choose a .model file that sentencepiece has written");
  }
  impl->shift = impl->processor.pad_id() == 0 ? 0 : 1;
  return std::shared_ptr<const SentencePieces>(new SentencePieces(std::move(impl)));
}

std::int64_t SentencePieces::ids() const { return impl_->processor.GetPieceSize() + impl_->shift; }

Status SentencePieces::cut(std::string_view text, std::vector<int>& ids) const {
  ids.clear();
  const auto cut = impl_->processor.Encode(text, &ids);
  if (!cut.ok()) return fail_record("sentencepiece cannot cut the text: " + plain_line(cut.ToString()));
  if (impl_->shift != 0)
    for (int& id : ids) id += impl_->shift;
  return {};
}

std::vector<std::string> SentencePieces::pieces() const {
  std::vector<std::string> all;
  for (int i = 0; i < impl_->processor.GetPieceSize(); ++i) all.push_back(impl_->processor.IdToPiece(i));
  return all;
}

Result<std::string> learn_sentence_pieces(const std::vector<std::string>& texts, const SentencePieceRecipe& recipe) {
  // A fixed number of threads: sums of floating point hang on how they are divided.
  const std::unordered_map<std::string, std::string> settings = {{"model_type", recipe.algorithm},
                                                                 {"vocab_size", std::to_string(recipe.size)},
                                                                 {"hard_vocab_limit", "false"},
                                                                 {"pad_id", "0"},
                                                                 {"unk_id", "1"},
                                                                 {"bos_id", "-1"},
                                                                 {"eos_id", "-1"},
                                                                 {"max_sentence_length", "65536"},
                                                                 {"num_threads", "2"},
                                                                 {"minloglevel", "2"}};
  TextsInOrder sentences(texts);
  std::string model;
  try {
    const auto learnt = sentencepiece::SentencePieceTrainer::Train(settings, &sentences, &model);
    if (learnt.ok() && !model.empty()) return model;
    return fail("sentencepiece cannot learn from the texts: " + plain_line(learnt.ToString()),
                "Set another size: at least as many as there are different characters");
  } catch (const std::exception& fault) {
    return fail("sentencepiece cannot learn from the texts: " + plain_line(fault.what()), "Set another size");
  }
}

}  // namespace feedline::inline nodes
