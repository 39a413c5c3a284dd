// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

// What PyTorch's optimisers and schedules come to: tests/data/make_optimizer_values.py made it.

#include "schema/value.h"
#include "support/places.h"

#include <QFile>
#include <QJsonArray>
#include <QJsonDocument>
#include <QJsonObject>

#include <cstdint>
#include <utility>
#include <vector>

namespace feedline::optimizer_values {

inline const QJsonObject& expected() {
  static const QJsonObject values = [] {
    QFile file(test::source_dir("/tests/data/optimizer_values.json"));
    if (!file.open(QIODevice::ReadOnly)) qFatal("no expected values");
    return QJsonDocument::fromJson(file.readAll()).object();
  }();
  return values;
}

inline std::vector<double> numbers_of(const QJsonValue& list) {
  std::vector<double> numbers;
  for (const QJsonValue& item : list.toArray()) numbers.push_back(item.toDouble());
  return numbers;
}

inline ParamMap params_of(const QJsonObject& json) {
  ParamMap params;
  for (auto it = json.begin(); it != json.end(); ++it) {
    Value value = it.value().toDouble();
    if (it.value().isBool()) value = it.value().toBool();
    if (it.value().isString()) value = it.value().toString().toStdString();
    if (it.key() == "plateau_patience") value = static_cast<std::int64_t>(it.value().toInteger());
    if (it.value().isArray()) {
      ValueList items;
      for (const QJsonValue& item : it.value().toArray()) items.emplace_back(item.toString().toStdString());
      value = std::move(items);
    }
    params[it.key().toStdString()] = std::move(value);
  }
  return params;
}

}  // namespace feedline::optimizer_values
