// SPDX-License-Identifier: GPL-3.0-or-later
#include "schema/spec_builder.h"

#include <concepts>
#include <type_traits>

namespace feedline::inline schema {
namespace {

template <class Member>
void assign_value(void* at, const Value& value) {
  Member& member = *static_cast<Member*>(at);
  if constexpr (std::same_as<Member, std::vector<std::int64_t>>) {
    if (auto items = integers_of(value)) member = std::move(*items);
  } else if constexpr (std::same_as<Member, std::vector<double>>) {
    if (auto items = reals_of(value)) member = std::move(*items);
  } else if constexpr (std::same_as<Member, std::vector<std::string>>) {
    if (auto items = texts_of(value)) member = std::move(*items);
  } else {
    if (const auto* exact = std::get_if<Member>(&value)) member = *exact;
    if constexpr (std::same_as<Member, double>)
      if (const auto* whole = std::get_if<std::int64_t>(&value)) member = static_cast<double>(*whole);
  }
}

Value default_of(const ParamMember& member) {
  return std::visit(
      [](const auto* value) {
        using Member = std::remove_cvref_t<decltype(*value)>;
        if constexpr (std::constructible_from<Value, const Member&>)
          return Value(*value);
        else
          return Value(ValueList(value->begin(), value->end()));
      },
      member.value);
}

ParamMap map_of(std::initializer_list<ParamSetting> settings) {
  ParamMap map;
  for (const ParamSetting& setting : settings) map.emplace(setting.name, setting.value);
  return map;
}

}  // namespace

void ParamFields::add(std::string_view key, const ParamMember& member) {
  const auto assign =
      std::visit([](const auto* value) { return &assign_value<std::remove_cvref_t<decltype(*value)>>; }, member.value);
  fields_.push_back({.key = std::string(key), .assign = assign, .offset = member.offset});
}

void ParamFields::set(void* params, const ParamMap& map) const {
  for (const Field& field : fields_)
    if (const auto found = map.find(field.key); found != map.end())
      field.assign(static_cast<std::byte*>(params) + field.offset, found->second);
}

SpecBuilder::SpecBuilder(std::string_view type, int version, std::string_view title, std::string_view summary)
    : fields_(std::make_shared<ParamFields>()) {
  spec_.type = type;
  spec_.version = version;
  spec_.title = title;
  spec_.summary = summary;
}

SpecBuilder::~SpecBuilder() = default;

void SpecBuilder::set_category(Category category) {
  spec_.category = category;
  category_set_ = true;
}

void SpecBuilder::set_role(Role role, Category category) {
  spec_.role = role;
  if (!category_set_) spec_.category = category;
}

void SpecBuilder::set_layer_role() {
  const bool loss = !spec_.outputs.empty() && spec_.outputs.front().kind == Kind::Loss;
  set_role(loss ? Role::Loss : Role::Layer, loss ? Category::Loss : Category::Layer);
}

void SpecBuilder::set_example(std::initializer_list<ParamSetting> params) { spec_.example = map_of(params); }

void SpecBuilder::set_example(std::initializer_list<ParamSetting> params, const Golden& golden) {
  set_example(params);
  spec_.golden = golden;
}

void SpecBuilder::set_fitted_example(std::initializer_list<ParamSetting> params) {
  spec_.fitted_example = map_of(params);
}

void SpecBuilder::set_fixture(std::function<ParamMap(const std::filesystem::path&)>&& write) {
  spec_.fixture = std::move(write);
}

void SpecBuilder::set_upgrade(std::function<void(int, ParamMap&)>&& lift) { spec_.upgrade = std::move(lift); }

void SpecBuilder::set_default_ports(NodePorts&& ports) {
  spec_.inputs = std::move(ports.inputs);
  spec_.outputs = std::move(ports.outputs);
}

void SpecBuilder::add_input(std::string_view name, Kind kind, bool optional, std::string_view doc,
                            std::string_view unless, std::optional<Kind> also) {
  spec_.inputs.push_back({.name = std::string(name),
                          .kind = kind,
                          .optional = optional,
                          .doc = std::string(doc),
                          .unless = std::string(unless),
                          .also = also});
}

void SpecBuilder::add_output(std::string_view name, Kind kind, std::string_view doc) {
  spec_.outputs.push_back({.name = std::string(name), .kind = kind, .doc = std::string(doc)});
}

void SpecBuilder::add_open_input(std::string_view name, std::string_view doc) {
  spec_.inputs.push_back({.name = std::string(name), .doc = std::string(doc), .open = true});
}

void SpecBuilder::add_open_output(std::string_view name, std::string_view doc) {
  spec_.outputs.push_back({.name = std::string(name), .doc = std::string(doc), .open = true});
}

void SpecBuilder::add_param(ParamKind kind, std::string_view name, const ParamMember& member, std::string_view doc) {
  spec_.params.push_back(
      {.name = std::string(name), .kind = kind, .default_value = default_of(member), .doc = std::string(doc)});
  fields_->add(name, member);
}

void SpecBuilder::add_number(std::string_view name, const ParamMember& member, const Range& limits,
                             std::string_view doc) {
  const bool real = std::holds_alternative<const double*>(member.value);
  add_param(real ? ParamKind::Real : ParamKind::Integer, name, member, doc);
  spec_.params.back().limit(limits);
}

void SpecBuilder::add_choice(std::string_view name, const ParamMember& member,
                             std::initializer_list<std::string_view> choices, std::string_view doc) {
  add_choice(name, member, std::vector<std::string>(choices.begin(), choices.end()), doc);
}

void SpecBuilder::add_choice(std::string_view name, const ParamMember& member, std::vector<std::string>&& choices,
                             std::string_view doc) {
  add_param(ParamKind::Choice, name, member, doc);
  spec_.params.back().choices = std::move(choices);
}

void SpecBuilder::add_path(ParamKind kind, std::string_view name, const ParamMember& member, std::string_view doc,
                           bool required) {
  add_param(kind, name, member, doc);
  spec_.params.back().required = required;
}

void SpecBuilder::add_seed(std::string_view name, const ParamMember& member, std::string_view doc) {
  add_param(ParamKind::Seed, name, member, doc);
  ParamSpec& seed = spec_.params.back();
  seed.hard_min = 0;
  seed.hard_max = 4294967295.0;
  seed.ui_min = 0;
  seed.ui_max = 9999;
}

void SpecBuilder::add_list(std::string_view name, const ParamMember& member, ListRules&& rules, std::string_view doc,
                           const Range& each) {
  add_param(ParamKind::List, name, member, doc);
  ParamSpec& list = spec_.params.back();
  if (std::holds_alternative<const std::vector<std::int64_t>*>(member.value)) rules.items = ItemKind::Integer;
  if (std::holds_alternative<const std::vector<double>*>(member.value)) rules.items = ItemKind::Real;
  list.limit(each);
  list.list = std::move(rules);
}

void SpecBuilder::set_only_with(std::string_view port) { spec_.params.back().only_with = port; }

void SpecBuilder::set_only_if(std::string_view param, std::initializer_list<std::string_view> values) {
  spec_.params.back().only_if = {std::string(param), std::vector<std::string>(values.begin(), values.end())};
}

void SpecBuilder::set_columns(ColumnNames&& columns) { spec_.params.back().columns = std::move(columns); }

}  // namespace feedline::inline schema
