// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

// What NodeBuilder<T> (node_builder.h) does alike for every T, compiled once: core/nodes has over a hundred of them,
// and their descriptions took longer to compile than what they do.

#include "schema/node_spec.h"

#include <cstddef>
#include <cstdint>
#include <functional>
#include <initializer_list>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

namespace feedline::inline schema {

/// A member of a node's Params: what it is by default, and where it lies in the struct.
struct ParamMember {
  std::variant<const bool*, const std::int64_t*, const double*, const std::string*, const std::vector<std::int64_t>*,
               const std::vector<double>*, const std::vector<std::string>*>
      value;
  std::ptrdiff_t offset = 0;  ///< bytes from the struct's begin
};

/// Which member of a node's Params each of its parameters sets.
class ParamFields {
 public:
  void add(std::string_view key, const ParamMember& member);
  /// `params`: the struct whose members were added. Those that `map` does not name keep their value, and those for
  /// which it has one of another type: values have been checked against the spec by then.
  void set(void* params, const ParamMap& map) const;

 private:
  struct Field {
    std::string key{};
    void (*assign)(void* member, const Value& value) = nullptr;
    std::ptrdiff_t offset = 0;
  };
  std::vector<Field> fields_{};
};

/// A parameter of an example and its value.
struct ParamSetting {
  std::string_view name{};
  Value value{};
};

/// Fills in a NodeSpec; NodeBuilder<T> is its face to the nodes, and says what each call means.
class SpecBuilder {
 public:
  SpecBuilder(const SpecBuilder&) = delete;
  SpecBuilder& operator=(const SpecBuilder&) = delete;

 protected:
  SpecBuilder(std::string_view type, int version, std::string_view title, std::string_view summary);
  ~SpecBuilder();

  void set_category(Category category);
  void set_role(Role role, Category category);  ///< the category only where none was set
  void set_layer_role();                        ///< or that of a loss, which is a layer with a loss as its output
  void set_help(std::string_view text) { spec_.help = text; }
  void set_random() { spec_.random = true; }
  void set_mixes_rows() { spec_.mixes_rows = true; }
  void set_asks_file() { spec_.asks_file = true; }
  void set_target(TargetKind target) { spec_.target = target; }
  void set_example(std::initializer_list<ParamSetting> params);
  void set_example(std::initializer_list<ParamSetting> params, const Golden& golden);
  void set_fitted_example(std::initializer_list<ParamSetting> params);
  void set_fixture(std::function<ParamMap(const std::filesystem::path&)>&& write);
  void set_upgrade(std::function<void(int, ParamMap&)>&& lift);
  void set_default_ports(NodePorts&& ports);

  void add_input(std::string_view name, Kind kind, bool optional, std::string_view doc, std::string_view unless = {},
                 std::optional<Kind> also = {});
  void add_output(std::string_view name, Kind kind, std::string_view doc);
  void add_open_input(std::string_view name, std::string_view doc);
  void add_open_output(std::string_view name, std::string_view doc);

  void add_param(ParamKind kind, std::string_view name, const ParamMember& member, std::string_view doc);
  void add_number(std::string_view name, const ParamMember& member, const Range& limits, std::string_view doc);
  void add_choice(std::string_view name, const ParamMember& member, std::initializer_list<std::string_view> choices,
                  std::string_view doc);
  void add_choice(std::string_view name, const ParamMember& member, std::vector<std::string>&& choices,
                  std::string_view doc);
  void add_path(ParamKind kind, std::string_view name, const ParamMember& member, std::string_view doc, bool required);
  void add_seed(std::string_view name, const ParamMember& member, std::string_view doc);
  void add_list(std::string_view name, const ParamMember& member, ListRules&& rules, std::string_view doc,
                const Range& each);

  // Of the parameter before.
  void set_only_with(std::string_view port);
  void set_only_if(std::string_view param, std::initializer_list<std::string_view> values);
  void set_columns(ColumnNames&& columns);

  /// Makes `call` a behaviour of the node: it binds the parameters of the document by the fields.
  template <class R, class... Args>
  void bind(std::function<R(const ParamMap&, Args...)> NodeSpec::*behaviour,
            R (*call)(const ParamFields&, const ParamMap&, Args...)) {
    spec_.*behaviour = Bound<R, Args...>{call, fields_};
  }

  [[nodiscard]] NodeSpec finish() { return std::move(spec_); }

 private:
  template <class R, class... Args>
  struct Bound {
    R (*call)(const ParamFields&, const ParamMap&, Args...);
    std::shared_ptr<const ParamFields> fields;
    R operator()(const ParamMap& map, Args... args) const { return call(*fields, map, std::forward<Args>(args)...); }
  };

  NodeSpec spec_{};
  std::shared_ptr<ParamFields> fields_;
  bool category_set_ = false;
};

}  // namespace feedline::inline schema
