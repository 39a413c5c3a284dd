// SPDX-License-Identifier: GPL-3.0-or-later
#include "schema/input_names.h"
#include "schema/node_builder.h"

#include <algorithm>
#include <optional>

namespace feedline::inline nodes {
namespace {

/// The output that holds all fields; no field can have its name.
constexpr std::string_view kWholeBatch = "batch";
constexpr std::size_t kMostFields = 32;

struct NamedField {
  std::string name{};
  Kind kind = Kind::Any;
};

bool can_be_field(Kind kind) { return kind != Kind::Any && is_per_record(kind); }

/// "caption:tokens", or the name alone where it is that of its kind: "image".
Result<NamedField> read_field(std::string_view text) {
  const std::size_t colon = text.find(':');
  const std::string_view name = text.substr(0, colon);
  const std::string_view kind = colon == std::string_view::npos ? name : text.substr(colon + 1);
  if (Status named = check_input_name(name, kWholeBatch); !named) return fail(std::move(named.error()));
  const std::optional<Kind> known = kind_named(kind);
  if (!known || !can_be_field(*known))
    return fail(colon == std::string_view::npos
                    ? "says no kind: write " + std::string(name) + ":features, or another kind"
                    : "is of no kind that a record has");
  return NamedField{std::string(name), *known};
}

std::string field_text(const NamedField& field) {
  const std::string kind(name(field.kind));
  return field.name == kind ? kind : field.name + ":" + kind;
}

/// Those that can be read, each name once: faulty ones are the check's to report.
std::vector<NamedField> read_fields(const std::vector<std::string>& texts) {
  std::vector<NamedField> fields;
  for (const std::string& text : texts) {
    auto field = read_field(text);
    const auto same = [&](const NamedField& other) { return field && other.name == field->name; };
    if (field && std::none_of(fields.begin(), fields.end(), same)) fields.push_back(std::move(*field));
  }
  return fields;
}

struct BatchNode {
  struct Params : BatchSettings {
    std::vector<std::string> fields = {"image", "features", "tokens", "label"};
  };

  static NodeSpec spec() {
    return node<BatchNode>("batch", 1, "Batch", "Collates records into the batches that the model is trained on.")
        .help(
            "Everything before this node happens once per record, everything after it once per batch. Branches of one "
            "record (its picture, its text, its label) are joined here, each in a field of its own: an input and the "
            "output of the same name. `fields` lists them; a wire that is dropped on the free input adds one. All "
            "values of one field must have the same size, which a resize or a crop before it sees to, or differ in "
            "length up to a known capacity, as token ids do: those are filled up with zeros to the longest of each "
            "batch. Where much of a batch is such padding, `by_length` puts records of like length together: it takes "
            "them from a window of some batches, in an order that the seed decides.\n\n"
            "A larger batch uses the processor better and averages the gradient over more records, but takes more "
            "memory "
            "and fewer steps per epoch. Records that cannot be read are left out and counted.")
        .param("size", &Params::size, range(1, 65536).ui(8, 512).unit("records"), "Records in a batch.")
        .param("drop_last", &Params::drop_last, "Drop the last batch of an epoch if it is not full.")
        .param("by_length", &Params::by_length, range(0, 256).ui(0, 64).unit("batches"),
               "Sort the records of so many batches by length and deal them out again, so that less of each batch is "
               "padding; 0: keep the order. Counts only in training, and where records differ in length.")
        .list("fields", &Params::fields,
              {.most = kMostFields,
               .longest = 64,
               .unique = true,
               .key_end = ':',
               .item_text = "field",
               .form = "NAME:KIND, or NAME where it is that of its kind",
               .check_item = [](std::string_view text) -> Status {
                 const auto field = read_field(text);
                 return field ? Status() : fail(field.error());
               }},
              "What a batch holds: an input and an output for each field, such as image, label or caption:tokens.");
  }

  static NodePorts ports(const Params& params) {
    NodePorts ports;
    for (const NamedField& field : read_fields(params.fields)) {
      const bool label = field.kind == Kind::Label;
      ports.inputs.push_back(
          {.name = field.name, .kind = field.kind, .optional = true, .doc = std::string(field.kind->field_doc)});
      ports.outputs.push_back({.name = field.name,
                               .kind = label ? Kind::Target : Kind::Tensor,
                               .doc = label ? "The labels, stacked: connect it to the loss." : "The values, stacked."});
    }
    ports.outputs.push_back({.name = std::string(kWholeBatch),
                             .kind = Kind::Batch,
                             .doc = "All of it, by name: connect it to the validation input of the trainer."});
    return ports;
  }

  static Result<NewPort> add_port(const Params& params, std::string_view wanted, Kind kind) {
    if (!can_be_field(kind))
      return fail("a batch takes values of one record, but this wire brings " + std::string(name(kind)),
                  "Wire it to an output in front of the batch");
    if (params.fields.size() >= kMostFields)
      return fail("it has " + std::to_string(kMostFields) + " fields, as many as a batch can have",
                  "Remove one that is not wired");
    const std::vector<NamedField> known = read_fields(params.fields);
    const std::string stem(is_input_name(wanted, kWholeBatch) ? wanted : name(kind));
    NamedField field{stem, kind};
    for (int number = 2;
         std::any_of(known.begin(), known.end(), [&](const NamedField& f) { return f.name == field.name; });)
      field.name = stem + std::to_string(number++);
    ValueList fields(params.fields.begin(), params.fields.end());
    fields.emplace_back(field_text(field));
    return NewPort{.port = field.name, .param = "fields", .value = Value(std::move(fields))};
  }

  static Result<std::vector<TensorDesc>> infer(const Params& params, DescInputs in) {
    if (std::all_of(in.begin(), in.end(), [](const TensorDesc* desc) { return desc == nullptr; }))
      return fail("no input is connected", "Connect a picture, features or tokens, and a label");
    std::vector<TensorDesc> out;
    const std::vector<NamedField> fields = read_fields(params.fields);
    for (std::size_t i = 0; i < in.size() && i < fields.size(); ++i)
      out.push_back(stacked(in[i], fields[i].kind == Kind::Label ? Kind::Target : Kind::Tensor));
    out.push_back({.kind = Kind::Batch});
    return out;
  }

 private:
  static TensorDesc stacked(const TensorDesc* record, Kind kind) {
    if (record == nullptr) return {.kind = kind};
    TensorDesc batch = *record;
    batch.kind = kind;
    batch.shape.insert(batch.shape.begin(), Dim::symbol("N"));
    return batch;
  }
};

}  // namespace
}  // namespace feedline::inline nodes

FEEDLINE_NODE(BatchNode)
