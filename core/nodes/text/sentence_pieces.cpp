// SPDX-License-Identifier: GPL-3.0-or-later
#include "nodes/text/sentence_pieces.h"

#include "base/own_program.h"
#include "base/plain_text.h"
#include "nodes/text/pieces_module.h"

#include <atomic>
#include <dlfcn.h>
#include <filesystem>
#include <system_error>
#include <utility>

namespace feedline::inline nodes {
namespace {

constexpr const char* kChooseModel = "Choose a .model file that sentencepiece has written";

/// dlopen() as the C library has it. A sanitizer's own refuses RTLD_DEEPBIND, because malloc() would then be found in
/// the C library; here it is found in the sanitizer, with which the module is linked before all else.
auto plain_dlopen() {
  auto open = &::dlopen;
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
  if (void* library = ::dlopen("libc.so.6", RTLD_LAZY | RTLD_NOLOAD); library != nullptr)
    if (void* found = ::dlsym(library, "dlopen"); found != nullptr) open = reinterpret_cast<decltype(open)>(found);
#endif
  return open;
}

/// Beside the program that runs, or where it was built.
std::string pieces_module_path() {
  std::error_code none;
  const auto program = own_program();
  const std::filesystem::path beside = program ? program->parent_path() / kPiecesModule : std::filesystem::path();
  return program && std::filesystem::exists(beside, none) ? beside.string() : FEEDLINE_PIECES_MODULE;
}

Result<const ModuleCalls*> open_pieces_module() {
  const std::string path = pieces_module_path();
  // Local: nobody else sees sentencepiece's protobuf. Deep: it sees its own before LibTorch's. It stays until the end.
  void* module = plain_dlopen()(path.c_str(), RTLD_NOW | RTLD_LOCAL | RTLD_DEEPBIND);
  void* entry = module == nullptr ? nullptr : ::dlsym(module, kPiecesEntry);
  if (entry != nullptr) {
    const ModuleCalls* calls = reinterpret_cast<const ModuleCalls* (*)()>(entry)();
    if (calls->version == kModuleCalls) return calls;
  }
  const char* why = entry == nullptr ? ::dlerror() : nullptr;
  return fail({.code = ErrorCode::Failed,
               .reason = "sentencepiece cannot be loaded: " + (why != nullptr ? plain_line(why) : "of another version"),
               .remedy = std::string("Keep ") + kPiecesModule +
                         " beside the program and install sentencepiece (Debian: libsentencepiece0), then start again",
               .file = path});
}

std::atomic<bool> pieces_tried{false};

/// Loaded by the first who asks; the others wait.
const Result<const ModuleCalls*>& pieces_module() {
  static const Result<const ModuleCalls*> module = open_pieces_module();
  pieces_tried = true;
  return module;
}

ModuleText module_text(std::string& to) {
  return {.to = &to, .put = [](void* text, const char* bytes, std::size_t count) {
            static_cast<std::string*>(text)->assign(bytes, count);
          }};
}

}  // namespace

struct SentencePieces::Impl {
  const ModuleCalls* calls;
  ModuleModel* model;
  int shift;

  Impl(const ModuleCalls* with, ModuleModel* loaded)
      : calls(with), model(loaded), shift(with->pad(loaded) == 0 ? 0 : 1) {}
  ~Impl() { calls->release(model); }
  Impl(const Impl&) = delete;
  Impl& operator=(const Impl&) = delete;
};

bool sentence_pieces_tried() { return pieces_tried; }

Status can_cut_sentence_pieces() {
  const auto& calls = pieces_module();
  return calls ? Status() : fail(calls.error());
}

SentencePieces::SentencePieces(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
SentencePieces::~SentencePieces() = default;

Result<std::shared_ptr<const SentencePieces>> SentencePieces::of(std::string_view bytes) {
  const auto& calls = pieces_module();
  if (!calls) return fail(calls.error());
  std::string fault;
  ModuleModel* model = (*calls)->load(bytes.data(), bytes.size(), module_text(fault));
  if (model == nullptr) return fail("it is no model of sentencepiece: " + plain_line(fault), kChooseModel);
  return std::shared_ptr<const SentencePieces>(new SentencePieces(std::make_unique<Impl>(*calls, model)));
}

std::int64_t SentencePieces::ids() const { return impl_->calls->count(impl_->model) + impl_->shift; }

Status SentencePieces::cut(std::string_view text, std::vector<int>& ids) const {
  ids.clear();
  std::string fault;
  const ModuleIds to{.to = &ids, .put = [](void* all, const int* cut, std::size_t count) {
                       static_cast<std::vector<int>*>(all)->assign(cut, cut + count);
                     }};
  if (!impl_->calls->encode(impl_->model, text.data(), text.size(), to, module_text(fault)))
    return fail_record("sentencepiece cannot cut the text: " + plain_line(fault));
  if (impl_->shift != 0)
    for (int& id : ids) id += impl_->shift;
  return {};
}

std::vector<std::string> SentencePieces::pieces() const {
  std::vector<std::string> all(static_cast<std::size_t>(impl_->calls->count(impl_->model)));
  std::string fault;
  for (std::size_t i = 0; i < all.size(); ++i)
    impl_->calls->piece(impl_->model, static_cast<int>(i), module_text(all[i]), module_text(fault));
  return all;
}

Result<std::string> learn_sentence_pieces(const std::vector<std::string>& texts, const SentencePieceRecipe& recipe) {
  const auto& calls = pieces_module();
  if (!calls) return fail(calls.error());
  const std::vector<std::string_view> views(texts.begin(), texts.end());
  std::string model;
  std::string fault;
  if ((*calls)->learn(recipe.algorithm.c_str(), recipe.size, views.data(), views.size(), module_text(model),
                      module_text(fault)))
    return model;
  return fail("sentencepiece cannot learn from the texts: " + plain_line(fault),
              "Set another size: at least as many as there are different characters");
}

}  // namespace feedline::inline nodes
