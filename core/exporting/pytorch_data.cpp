// SPDX-License-Identifier: GPL-3.0-or-later
#include "exporting/python_text.h"
#include "exporting/pytorch.h"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <array>

namespace feedline::inline exporting {
namespace {

using PreparationJson = nlohmann::ordered_json;

/// The steps as the body of a function, and what they have learnt by name.
struct WrittenSteps {
  std::string lines{};
  bool draws = false;  ///< some step changes training records at random
};

Result<WrittenSteps> write_steps(const ExportedData& data, HelperList& helpers, PreparationJson& fitted,
                                 std::map<std::string, std::string>& files) {
  WrittenSteps all;
  for (const StepToWrite& step : data.steps) {
    const auto write = Writers::instance().find_step(step.spec.type);
    if (!write) return fail(Error(write.error()).at_node(step.node));
    auto written = (*write)(step);
    if (!written) return fail(std::move(written.error()).at_node(step.node));
    helpers.add(written->helpers);
    files.merge(written->files);
    if (!written->fitted.empty()) fitted[step.name] = PreparationJson::parse(written->fitted, nullptr, false);
    const std::string out = fmt::format("{}", fmt::join(step.out, ", "));
    if (written->training.empty()) {
      if (out != written->call) all.lines += fmt::format("    {} = {}\n", out, written->call);
      continue;
    }
    all.draws = true;
    all.lines +=
        fmt::format("    {} = {}\n    if training:\n        {} = {}\n", out, written->call, out, written->training);
  }
  return all;
}

/// def NAME(record[, training]): ... return {"image": normalise, ...}
std::string prepare_function(const ExportedData& data, const WrittenSteps& steps, std::string_view name) {
  std::string text = fmt::format("def {}(record, training=False):\n    \"\"\"One record", name);
  std::string ports;
  for (std::size_t i = 0; i < data.ports.size(); ++i)
    if (!data.variables[i].empty()) ports += (ports.empty() ? "" : ", ") + data.ports[i].name;
  text += fmt::format(" ({}) as the fields of a batch.\"\"\"\n", ports);
  for (std::size_t i = 0; i < data.ports.size(); ++i)
    if (!data.variables[i].empty())
      text += fmt::format("    {} = record[{}]\n", data.variables[i], python_string(data.ports[i].name));
  text += steps.lines;
  text += "    return {";
  for (std::size_t i = 0; i < data.fields.size(); ++i)
    text += fmt::format("{}{}: {}", i == 0 ? "" : ", ", python_string(data.fields[i].name), data.fields[i].variable);
  return text + "}\n";
}

constexpr std::string_view kCollate = R"py(

def collate(records):
    """A batch of prepared records: values of differing length are filled up with zeros."""
    batch = {}
    for name in records[0]:
        values = [torch.as_tensor(np.array(record[name])) for record in records]
        if name in RAGGED:
            longest = max(value.shape[0] for value in values)
            values = [torch.nn.functional.pad(value, (0, longest - value.shape[0])) for value in values]
        batch[name] = torch.stack(values)
    return batch


class Records(torch.utils.data.Dataset):
    """Records of a source, prepared as they are asked for."""

    def __init__(self, records, training=False):
        self.records, self.training = records, training

    def __len__(self):
        return len(self.records)

    def __getitem__(self, index):
        return prepare(self.records[index], self.training)
)py";

constexpr std::string_view kFilesBelow = R"py(

def files_below(folder):
    """The files of a folder by their names, then those of each folder in it: the order of the source."""
    folder = pathlib.Path(folder)
    entries = sorted(folder.iterdir(), key=lambda entry: entry.name) if folder.is_dir() else []
    entries = [entry for entry in entries if not entry.name.startswith(".")]
    files = [entry for entry in entries if entry.is_file()]
    return files + [file for entry in entries if entry.is_dir() for file in files_below(entry)]
)py";

constexpr std::string_view kReadFolder = R"py(

def read(folder):
    """Files in a sub-folder a class: records of their paths, or of their texts."""
    records = []
    for label, name in enumerate(CLASSES):
        for file in files_below(pathlib.Path(folder, name)):
            records.append({PORT: CONTENT, "label": label, "key": str(file.parent)})
    return records
)py";

/// Where nothing reads the label: the folders need not be classes.
constexpr std::string_view kReadUnlabelled = R"py(

def read(folder):
    """The files of a folder and of those in it; their labels are not asked for."""
    return [{PORT: CONTENT, "key": str(file.parent)} for file in files_below(folder)]
)py";

constexpr std::string_view kReadLines = R"py(

def read(file):
    """Lines of a class, a tab and a text; "key" is the group that splits.py keeps together."""
    opened = gzip.open if str(file).endswith(".gz") else open
    records, block, ended = [], 0, True
    with opened(file, "rt", encoding="utf-8") as lines:
        for line in lines:
            line = line.rstrip("\r\n")
            if not line:
                ended = True
                continue
            block, ended = block + ended, False
            label, tab, text = line.partition("\t")
            if LABEL_LAST:
                text, tab, label = line.rpartition("\t")
            if not tab or label not in CLASSES:
                continue
            group = str(block)
            if GROUPS == "column":
                group, tab, text = text.partition("\t")
            if tab:
                records.append({"text": text, "label": CLASSES.index(label), "key": group})
    return records
)py";

/// Class files: of each the name, the ending or both is that of its class.
constexpr std::string_view kReadClassFiles = R"py(

def read(folder):
    """Text files, one a class, whose lines are the texts; "key" is the group that splits.py keeps together."""
    files = {}
    for file in sorted(pathlib.Path(folder).iterdir()):
        name = file.name[:-3] if file.name.endswith(".gz") else file.name
        known = [part for part in (pathlib.Path(name).stem, pathlib.Path(name).suffix[1:], name) if part in CLASSES]
        if known and file.is_file():
            files[known[0]] = file
    records = []
    for label, name in enumerate(CLASSES):
        opened, block, ended = gzip.open if files[name].name.endswith(".gz") else open, 0, True
        with opened(files[name], "rt", encoding="utf-8", newline="\n") as lines:
            for line in lines:
                text = line.rstrip("\r\n")
                if not text:
                    ended = True
                    continue
                block, ended = block + ended, False
                group = f"{name} {block}"
                if GROUPS == "column":
                    group, _, text = text.partition("\t")
                records.append({"text": text, "label": label, "key": group})
    return records
)py";

constexpr std::string_view kReadTable = R"py(

def number(cell):
    try:
        return float(cell)
    except ValueError:
        return math.nan


def read(file):
    """Rows of a table, as {column: number or text}, and their label."""
    opened = gzip.open if str(file).endswith(".gz") else open
    with opened(file, "rt", encoding="utf-8", newline="") as text:
        sample = text.read(65536)
        text.seek(0)
        rows = [[cell.strip() for cell in row] for row in csv.reader(text, csv.Sniffer().sniff(sample)) if row]
    names = rows.pop(0) if HEADER else [f"column_{i + 1}" for i in range(len(rows[0]))]
    key = KEY if KEY in names else next((name for name in names if name.lower() == KEY.lower()), None)
    records = []
    for cells in rows:
        if len(cells) != len(names):
            continue
        row = {name: None if cell == "" or cell in MISSING else cell for name, cell in zip(names, cells)}
        value = row.get(key) or ""
        label = row.pop(LABEL or names[-1])
        cells = {name: row[name] if text else math.nan if row[name] is None else number(row[name])
                 for name, text in COLUMNS.items()}
        label = CLASSES.index(label) if CLASSES else number(label)
        records.append({"row": cells, "label": label, "key": value})
    return records
)py";

constexpr std::string_view kReadIdx = R"py(

def read_idx(file):
    """An array of an IDX file of bytes (LeCun's format of MNIST)."""
    data = (gzip.open if str(file).endswith(".gz") else open)(file, "rb").read()
    shape = [int.from_bytes(data[4 + 4 * i : 8 + 4 * i], "big") for i in range(data[3])]
    return np.frombuffer(data, np.uint8, offset=4 + 4 * len(shape)).reshape(shape)


def read(images, labels, groups=None):
    """The pictures and labels of two IDX files; `groups`: a text with the group of a record in each line."""
    pictures, classes = read_idx(images), read_idx(labels)
    pictures = pictures if pictures.ndim == 4 else pictures[..., None]
    keys = pathlib.Path(groups).read_text(encoding="utf-8").splitlines() if groups else [""] * len(classes)
    return [{"image": picture, "label": int(label), "key": key}
            for picture, label, key in zip(pictures, classes, keys)]
)py";

constexpr std::string_view kReadNothing = R"py(

def read(*paths):
    """The records of this source cannot be read by this program: give them as a list of dictionaries."""
    raise RuntimeError("fill in read() of data.py: a list of {PORTS}")
)py";

bool is_one_of_types(const std::string& type, std::initializer_list<std::string_view> types) {
  for (const std::string_view one : types)
    if (one == type) return true;
  return false;
}

std::string replaced(std::string_view text, std::string_view what, std::string_view by) {
  std::string all(text);
  for (std::size_t at = all.find(what); at != std::string::npos; at = all.find(what, at + by.size()))
    all.replace(at, what.size(), by);
  return all;
}

/// Does anything take the source's label, so that the classes of the model are those of its records?
bool reads_label(const ExportedData& data) {
  for (std::size_t i = 0; i < data.ports.size(); ++i)
    if (data.ports[i].kind == Kind::Label && data.variables[i].empty()) return false;
  return true;
}

/// What reads the records of the source's type.
std::string reading(const ExportedData& data, const std::string& key) {
  const std::string& type = data.source_type;
  const ParamReader params(data.source_params);
  const std::string folder = std::string(kFilesBelow) + std::string(reads_label(data) ? kReadFolder : kReadUnlabelled);
  if (is_one_of_types(type, {"image_folder", "generated_pictures"}))
    return replaced(replaced(folder, "PORT", "\"file\""), "CONTENT", "str(file)");
  if (type == "text_folder")
    return replaced(replaced(folder, "PORT", "\"text\""), "CONTENT", "file.read_text(encoding=\"utf-8\")");
  if (is_one_of_types(type, {"text_lines", "generated_texts", "text_files"})) {
    const bool generated = type == "generated_texts";
    const std::string groups = !generated ? params.text("groups") : params.integer("authors") > 1 ? "column" : "none";
    const std::string head = fmt::format("\nGROUPS = {}\n", python_string(groups));
    if (type == "text_files") return head + std::string(kReadClassFiles);
    const bool last = !generated && params.text("label") == "last";
    return head + fmt::format("LABEL_LAST = {}\n", python_bool(last)) + std::string(kReadLines);
  }
  if (type == "idx") return std::string(kReadIdx);
  if (is_one_of_types(type, {"csv", "table"})) {
    std::string columns = "{";
    for (std::size_t i = 0; i < data.ports.size(); ++i)
      if (data.ports[i].kind == Kind::Row)
        for (const Column& column : data.records[i].columns)
          columns += fmt::format("{}{}: {}", columns.size() > 1 ? ", " : "", python_string(column.name),
                                 python_bool(column.type == ColumnType::Text));
    return fmt::format(
               "\nCOLUMNS = {}}}  # True: texts\nLABEL = {}  # empty: the last column\nHEADER = {}\nMISSING = {}\n"
               "KEY = {}  # the column by which records are divided: splits.py\n",
               columns, python_string(params.text("label")), python_bool(params.text("header") != "no"),
               python_list(params.texts("missing")), python_string(key)) +
           std::string(kReadTable);
  }
  std::string ports;
  for (const PortSpec& port : data.ports) ports += (ports.empty() ? "" : ", ") + port.name;
  return replaced(kReadNothing, "PORTS", ports);
}

/// Modules of Python that a text uses, in the order in which they are imported.
std::string imports_of(const std::string& text) {
  constexpr std::array<std::string_view, 10> kModules = {"bisect", "csv",     "gzip",   "io", "json",
                                                         "math",   "pathlib", "random", "re", "unicodedata"};
  std::string all;
  for (const std::string_view name : kModules) {
    const std::string use = std::string(name) + ".";
    for (std::size_t at = text.find(use); at != std::string::npos; at = text.find(use, at + 1)) {
      const char before = at == 0 ? ' ' : text[at - 1];
      if (before == '_' || before == '.' || std::isalnum(static_cast<unsigned char>(before)) != 0) continue;
      all += fmt::format("import {}\n", name);
      break;
    }
  }
  all += "\nimport numpy as np\n";
  if (text.find("sentencepiece.") != std::string::npos) all += "import sentencepiece\n";
  all += "import torch\n";
  if (text.find("Image.") != std::string::npos || text.find("ImageOps.") != std::string::npos)
    all += "from PIL import Image, ImageOps\n";
  if (text.find("(T.") != std::string::npos || text.find(" T.") != std::string::npos)
    all += "import torchvision.transforms as T\n\nBILINEAR = T.InterpolationMode.BILINEAR\n";
  for (const std::string_view optional : {"cv2", "icu"})
    if (text.find(optional) != std::string::npos)
      all += fmt::format("\ntry:\n    import {0}\nexcept ImportError:\n    {0} = None\n", optional);
  return all;
}

}  // namespace

Result<PytorchData> pytorch_data(const ExportedModel& model) {
  HelperList helpers;
  PreparationJson fitted = PreparationJson::object();
  PytorchData data;
  const auto train = write_steps(model.train, helpers, fitted, data.files);
  if (!train) return fail(train.error());
  std::string functions = prepare_function(model.train, *train, model.validation ? "prepare_training" : "prepare");
  if (model.validation) {
    const auto evaluated = write_steps(*model.validation, helpers, fitted, data.files);
    if (!evaluated) return fail(evaluated.error());
    functions += "\n\n" + prepare_function(*model.validation, *evaluated, "prepare_validation");
    functions +=
        "\n\n"
        "def prepare(record, training=False):\n"
        "    \"\"\"One record as the fields of a batch.\"\"\"\n"
        "    return prepare_training(record, True) if training else prepare_validation(record)\n";
  }
  std::vector<std::string> ragged;
  for (const ExportedData::Field& field : model.train.fields)
    if (field.ragged) ragged.push_back(field.name);
  std::string body =
      "PREPARATION = json.loads((pathlib.Path(__file__).parent / \"preparation.json\").read_text(encoding=\"utf-8\"))\n"
      "CLASSES = PREPARATION[\"classes\"]\n"
      "FITTED = PREPARATION[\"fitted\"]  # what nodes have learnt from the training records\n";
  body += fmt::format("RAGGED = {}  # fields whose records differ in length\n", python_list(ragged));
  body += "\n\n" + helpers.text() + functions + std::string(kCollate) + "\n" +
          reading(model.train, model.trainer.split_column);
  data.module = fmt::format(
      "\"\"\"The data of {}, prepared as Feedline {} prepares them.\n"
      "\n"
      "A record is a dictionary of what the source gives; prepare() makes the fields of a batch of it.\n"
      "\"\"\"\n",
      python_comment(model.title), FEEDLINE_VERSION);
  data.module += imports_of(body) + "\n" + body;
  const PreparationJson preparation = {{"classes", model.class_names}, {"fitted", std::move(fitted)}};
  data.preparation = preparation.dump(1, ' ', false, PreparationJson::error_handler_t::replace) + "\n";
  return data;
}

}  // namespace feedline::inline exporting
