// SPDX-License-Identifier: GPL-3.0-or-later
// All of feedline-pieces.so, and no part of the library: nothing else may be linked with sentencepiece.
#include "nodes/text/pieces_module.h"

#include <exception>
#include <sentencepiece_processor.h>
#include <sentencepiece_trainer.h>
#include <string>
#include <unordered_map>
#include <vector>

namespace feedline::inline nodes {

struct ModuleModel {
  sentencepiece::SentencePieceProcessor processor{};
};

namespace {

/// Hands the library one text after the other.
class TextsInOrder final : public sentencepiece::SentenceIterator {
 public:
  TextsInOrder(const std::string_view* texts, std::size_t count) : texts_(texts), count_(count) { take(); }
  bool done() const override { return at_ >= count_; }
  void Next() override {
    ++at_;
    take();
  }
  const std::string& value() const override { return text_; }
  sentencepiece::util::Status status() const override { return {}; }

 private:
  void take() {
    if (at_ < count_) text_.assign(texts_[at_]);
  }

  const std::string_view* texts_;
  std::size_t count_;
  std::size_t at_ = 0;
  std::string text_{};
};

void put(ModuleText to, std::string_view text) { to.put(to.to, text.data(), text.size()); }

/// The last thing that is tried: where there is no memory for the reason, there is none.
void put_fault(ModuleText fault, std::string_view text) noexcept {
  try {
    put(fault, text);
  } catch (...) {
  }
}

/// What `work` gives, or, by a fault, `otherwise`.
template <class Value, class Work>
Value guarded(ModuleText fault, Value otherwise, Work work) noexcept {
  try {
    return work();
  } catch (const std::exception& thrown) {
    put_fault(fault, thrown.what());
  } catch (...) {
    put_fault(fault, "unknown");
  }
  return otherwise;
}

ModuleModel* load(const char* bytes, std::size_t count, ModuleText fault) {
  return guarded<ModuleModel*>(fault, nullptr, [&]() -> ModuleModel* {
    auto model = std::make_unique<ModuleModel>();
    const auto loaded = model->processor.LoadFromSerializedProto({bytes, count});
    if (loaded.ok() && model->processor.GetPieceSize() > 0) return model.release();
    put(fault, loaded.ok() ? std::string("it has no pieces") : loaded.ToString());
    return nullptr;
  });
}

void release(ModuleModel* model) { delete model; }

int count(const ModuleModel* model) { return model->processor.GetPieceSize(); }

int pad(const ModuleModel* model) { return model->processor.pad_id(); }

bool encode(const ModuleModel* model, const char* text, std::size_t bytes, ModuleIds ids, ModuleText fault) {
  return guarded(fault, false, [&] {
    thread_local std::vector<int> cut;
    const auto done = model->processor.Encode(std::string_view(text, bytes), &cut);
    if (!done.ok()) {
      put(fault, done.ToString());
      return false;
    }
    ids.put(ids.to, cut.data(), cut.size());
    return true;
  });
}

bool piece(const ModuleModel* model, int id, ModuleText text, ModuleText fault) {
  return guarded(fault, false, [&] {
    if (id < 0 || id >= model->processor.GetPieceSize()) {
      put(fault, "there is no such id");
      return false;
    }
    put(text, model->processor.IdToPiece(id));
    return true;
  });
}

bool learn(const char* algorithm, std::int64_t size, const std::string_view* texts, std::size_t count_of_texts,
           ModuleText model, ModuleText fault) {
  return guarded(fault, false, [&] {
    // A fixed number of threads: sums of floating point hang on how they are divided.
    const std::unordered_map<std::string, std::string> settings = {{"model_type", algorithm},
                                                                   {"vocab_size", std::to_string(size)},
                                                                   {"hard_vocab_limit", "false"},
                                                                   {"pad_id", "0"},
                                                                   {"unk_id", "1"},
                                                                   {"bos_id", "-1"},
                                                                   {"eos_id", "-1"},
                                                                   {"max_sentence_length", "65536"},
                                                                   {"num_threads", "2"},
                                                                   {"minloglevel", "2"}};
    TextsInOrder sentences(texts, count_of_texts);
    std::string learnt;
    const auto done = sentencepiece::SentencePieceTrainer::Train(settings, &sentences, &learnt);
    if (!done.ok() || learnt.empty()) {
      put(fault, done.ok() ? std::string("it gave no model") : done.ToString());
      return false;
    }
    put(model, learnt);
    return true;
  });
}

constexpr ModuleCalls kCalls = {.version = kModuleCalls,
                                .load = load,
                                .release = release,
                                .count = count,
                                .pad = pad,
                                .encode = encode,
                                .piece = piece,
                                .learn = learn};

}  // namespace
}  // namespace feedline::inline nodes

extern "C" [[gnu::visibility("default")]] const feedline::ModuleCalls* feedline_pieces();

/// Found by its name: see kPiecesEntry.
const feedline::ModuleCalls* feedline_pieces() { return &feedline::kCalls; }
