// SPDX-License-Identifier: GPL-3.0-or-later
// Texts, and the ids of their tokens: id 0 fills a batch up.
#include "base/plain_text.h"
#include "exporting/python_text.h"
#include "exporting/writers.h"
#include "schema/row.h"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <cmath>
#include <fstream>
#include <sstream>

namespace feedline::inline exporting {
namespace {

using TextJson = nlohmann::ordered_json;

std::string text_json(const TextJson& json) { return json.dump(-1, ' ', false, TextJson::error_handler_t::replace); }

constexpr std::string_view kNormaliseText =
    R"py(def normalise_text(text, form=None, lower=False, strip_accents=False, squeeze=False):
    """One form of texts that mean the same."""
    if strip_accents:
        text = unicodedata.normalize("NFKD" if form == "NFKC" else "NFD", text)
        text = "".join(c for c in text if unicodedata.category(c) != "Mn")
    if lower:
        text = text.lower()
    if form:
        text = unicodedata.normalize(form, text)
    return " ".join(text.split()) if squeeze else text
)py";

Result<WrittenStep> write_normalise_text(const StepToWrite& step) {
  const ParamReader params(step.params);
  std::string call = fmt::format("normalise_text({}", step.in[0]);
  if (params.text("form") != "none") call += params.text("form") == "nfc" ? ", form=\"NFC\"" : ", form=\"NFKC\"";
  for (const char* name : {"lower", "strip_accents", "squeeze"})
    if (params.flag(name)) call += fmt::format(", {}=True", name);
  return WrittenStep{.call = call + ")", .helpers = {"normalise_text"}};
}

constexpr std::string_view kPieces =
    R"py(WORD = re.compile(r"(?:\w|(?<=[^\W\d_])['’.·:](?=[^\W\d_])|(?<=\d)['’.,;](?=\d))+")


def words(text):
    """Words of Unicode. Where PyICU is installed they are ICU's, as Feedline's are, in any language; the expression
    that stands in for it knows languages that put blanks between words."""
    if icu is None:
        found = WORD.findall(text)
    else:
        wide, places = icu.UnicodeString(text), icu.BreakIterator.createWordInstance(icu.Locale(""))
        places.setText(wide)
        borders = [0, *places]
        found = [str(wide[a:b]) for a, b in zip(borders, borders[1:])]
    return [word for word in found if any(c.isalnum() for c in word)]


def pieces(text, cut, lower, shortest=1, longest=1):
    """What a text is cut into: words, characters, or runs of characters within what stands between blanks."""
    text = text.lower() if lower else text
    if cut == "words":
        return [word for word in words(text) if len(word.encode()) <= 1024]
    if cut == "characters":
        return list(text)
    found = []
    for part in text.split():
        part = " " + part + " "
        for size in range(shortest, longest + 1):
            run = min(size, len(part))
            found += (part[at : at + run] for at in range(len(part) - run + 1))
            if size >= len(part):  # a short part once
                break
    return found
)py";

/// "\"words\", True[, 2, 4]": what pieces() is told.
std::string cutting(const ParamReader& params) {
  std::string told = fmt::format("\"{}\", {}", params.text("tokens"), python_bool(params.flag("lower")));
  if (params.text("tokens") == "char_ngrams")
    told += fmt::format(", {}, {}", params.integer("shortest"), params.integer("longest"));
  return told;
}

constexpr std::string_view kVocabulary = R"py(def vocabulary(pieces, tokens, length):
    """Ids of tokens: 1 is one that is not known, and from 2 on they stand in the order of the vocabulary."""
    ids = tokens.setdefault("ids", {token: i + 2 for i, token in enumerate(tokens["tokens"])})
    return np.asarray([ids.get(piece, 1) for piece in pieces[:length]], np.int64)
)py";

Result<WrittenStep> write_vocabulary(const StepToWrite& step) {
  const ParamReader params(step.params);
  const auto tokens = step.learnt == nullptr ? std::nullopt : find_texts(*step.learnt, "tokens");
  if (!tokens) return fail("what it has learnt does not fit the node", "Choose another checkpoint");
  return WrittenStep{.call = fmt::format("vocabulary(pieces({}, {}), FITTED[\"{}\"], {})", step.in[0], cutting(params),
                                         step.name, params.integer("length")),
                     .helpers = {"pieces", "vocabulary"},
                     .fitted = text_json({{"tokens", *tokens}})};
}

constexpr std::string_view kHashTokens = R"py(def hash_tokens(pieces, size, length):
    """The hash of each token as its id, from 1 on."""
    odd, most = 0x9E3779B97F4A7C15, (1 << 64) - 1

    def fold(value, word):
        value = (value ^ word) * odd & most
        return value ^ value >> 29

    def hashed(piece):
        data = piece.encode()
        value, left = len(data) * odd & most, len(data) % 8
        for at in range(0, len(data) - left, 8):
            value = fold(value, int.from_bytes(data[at : at + 8], "little"))
        rest = data[len(data) - left :]
        if left >= 4:  # two words that overlap
            value = fold(value, int.from_bytes(rest[:4] + rest[-4:], "little"))
        elif left:
            value = fold(value, rest[0] | rest[left // 2] << 8 | rest[-1] << 16)
        value = value * odd & most
        value ^= value >> 32
        value = (value ^ value >> 33) * 0xFF51AFD7ED558CCD & most
        value = (value ^ value >> 33) * 0xC4CEB9FE1A85EC53 & most
        return value ^ value >> 33

    return np.asarray([1 + hashed(piece) % size for piece in pieces[:length]], np.int64)
)py";

Result<WrittenStep> write_hash_tokens(const StepToWrite& step) {
  const ParamReader params(step.params);
  return WrittenStep{.call = fmt::format("hash_tokens(pieces({}, {}), {}, {})", step.in[0], cutting(params),
                                         params.integer("size"), params.integer("length")),
                     .helpers = {"pieces", "hash_tokens"}};
}

constexpr std::string_view kTfIdf = R"py(def tf_idf(pieces, terms, sublinear=False):
    """How often each term occurs, rare terms more; of length 1."""
    places = terms.setdefault("places", {term: i for i, term in enumerate(terms["terms"])})
    counts = np.zeros(len(places))
    for piece in pieces:
        if piece in places:
            counts[places[piece]] += 1
    if sublinear:
        counts[counts > 0] = 1 + np.log(counts[counts > 0])
    values = counts * np.asarray(terms["weights"])
    length = np.sqrt((values**2).sum())
    return (values / length if length > 0 else values).astype(np.float32)
)py";

Result<WrittenStep> write_tf_idf(const StepToWrite& step) {
  const ParamReader params(step.params);
  const auto terms = step.learnt == nullptr ? std::nullopt : find_texts(*step.learnt, "terms");
  const auto numbers = [&](const char* name) {
    const auto found = step.learnt == nullptr ? NamedTensors::const_iterator() : step.learnt->find(name);
    return step.learnt == nullptr || found == step.learnt->end() ? std::nullopt : found->second.numbers<std::int64_t>();
  };
  const auto with = numbers("texts with it");
  const auto all = numbers("texts");
  if (!terms || !with || with->size() != terms->size() || !all || all->size() != 1)
    return fail("what it has learnt does not fit the node", "Choose another checkpoint");
  std::vector<double> weights;
  for (const std::int64_t texts : *with)
    weights.push_back(std::log(static_cast<double>(1 + all->front()) / static_cast<double>(1 + texts)) + 1);
  return WrittenStep{.call = fmt::format("tf_idf(pieces({}, {}), FITTED[\"{}\"]{})", step.in[0], cutting(params),
                                         step.name, params.flag("sublinear") ? ", sublinear=True" : ""),
                     .helpers = {"pieces", "tf_idf"},
                     .fitted = text_json({{"terms", *terms}, {"weights", weights}})};
}

constexpr std::string_view kPadTruncate = R"py(def pad_truncate(ids, length, keep="start"):
    """As many ids for each record."""
    ids = ids[-length:] if keep == "end" else ids[:length]
    return np.pad(ids, (0, length - len(ids)))
)py";

Result<WrittenStep> write_pad_truncate(const StepToWrite& step) {
  const ParamReader params(step.params);
  return WrittenStep{.call = fmt::format("pad_truncate({}, {}{})", step.in[0], params.integer("length"),
                                         params.text("keep") == "end" ? ", keep=\"end\"" : ""),
                     .helpers = {"pad_truncate"}};
}

Result<WrittenStep> write_byte_tokens(const StepToWrite& step) {
  return WrittenStep{.call = fmt::format("np.frombuffer({}.encode()[:{}], np.uint8).astype(np.int64) + 1", step.in[0],
                                         ParamReader(step.params).integer("length"))};
}

constexpr std::string_view kTextColumn = R"py(def text_column(row, columns, joint=" "):
    """Columns as one text; what is missing gives nothing."""
    cells = (row[name] for name in columns)
    return joint.join(cell if isinstance(cell, str) else format(cell, ".15g")
                      for cell in cells if cell is not None and cell == cell)
)py";

Result<WrittenStep> write_text_column(const StepToWrite& step) {
  const ParamReader params(step.params);
  std::vector<std::string> columns = params.texts("columns");
  if (columns.empty()) {
    const std::vector<Column>& all = step.inputs[0]->columns;
    const auto is_text = [](const Column& column) { return column.type == ColumnType::Text; };
    const bool texts = std::any_of(all.begin(), all.end(), is_text);
    for (const Column& column : all)
      if (!texts || is_text(column)) columns.push_back(column.name);
  }
  const std::string joint = params.text("joint");
  return WrittenStep{.call = fmt::format("text_column({}, {}{})", step.in[0], python_list(columns),
                                         joint == " " ? "" : ", joint=" + python_string(joint)),
                     .helpers = {"text_column"}};
}

constexpr std::string_view kSentencePieces = R"py(PIECE_MODELS = {}


def sentence_pieces(text, file, length):
    """Ids of the pieces of a text, cut by a model of sentencepiece that lies beside this file."""
    if file not in PIECE_MODELS:
        path = pathlib.Path(__file__).parent / file
        PIECE_MODELS[file] = sentencepiece.SentencePieceProcessor(model_file=str(path))
    model = PIECE_MODELS[file]
    above = 0 if model.pad_id() == 0 else 1  # id 0 fills up
    return np.asarray(model.encode(text)[:length], np.int64) + above
)py";

/// The model that was learnt, or that of the user's file.
Result<std::string> piece_model(const StepToWrite& step) {
  const std::string file = ParamReader(step.params).text("file");
  if (file.empty()) {
    const auto found = step.learnt == nullptr ? NamedTensors::const_iterator() : step.learnt->find("model");
    if (step.learnt == nullptr || found == step.learnt->end() || found->second.data.empty())
      return fail("what it has learnt does not fit the node", "Choose another checkpoint");
    return std::string(reinterpret_cast<const char*>(found->second.data.data()), found->second.data.size());
  }
  std::ifstream in(file, std::ios::binary);
  std::ostringstream bytes;
  if (in) bytes << in.rdbuf();
  if (!in || bytes.str().empty())
    return fail(Error{.reason = "its model cannot be read",
                      .remedy = "Put back the file with which the run was made",
                      .parameter = "file",
                      .file = escape_name(file)});
  return std::move(bytes).str();
}

Result<WrittenStep> write_sentence_pieces(const StepToWrite& step) {
  auto model = piece_model(step);
  if (!model) return fail(std::move(model.error()));
  const std::string name = step.name + ".model";
  WrittenStep written{.call = fmt::format("sentence_pieces({}, {}, {})", step.in[0], python_string(name),
                                          ParamReader(step.params).integer("length")),
                      .helpers = {"sentence_pieces"}};
  written.files.emplace(name, std::move(*model));
  return written;
}

void add_text_steps(Writers& writers) {
  writers.step("normalise_text", write_normalise_text);
  writers.step("vocabulary", write_vocabulary);
  writers.step("hash_tokens", write_hash_tokens);
  writers.step("tf_idf", write_tf_idf);
  writers.step("pad_truncate", write_pad_truncate);
  writers.step("byte_tokens", write_byte_tokens);
  writers.step("text_column", write_text_column);
  writers.step("sentencepiece", write_sentence_pieces);
  writers.helper("normalise_text", kNormaliseText);
  writers.helper("pieces", kPieces);
  writers.helper("vocabulary", kVocabulary);
  writers.helper("hash_tokens", kHashTokens);
  writers.helper("tf_idf", kTfIdf);
  writers.helper("pad_truncate", kPadTruncate);
  writers.helper("text_column", kTextColumn);
  writers.helper("sentence_pieces", kSentencePieces);
}

}  // namespace
}  // namespace feedline::inline exporting

FEEDLINE_WRITER(add_text_steps)
