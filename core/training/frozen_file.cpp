// SPDX-License-Identifier: GPL-3.0-or-later
#include "training/frozen_file.h"

#include <array>
#include <exception>
#include <utility>

namespace feedline::inline training {
namespace {

constexpr std::string_view kFrozenRecords = "records";
constexpr std::string_view kFrozenValues = "values";
constexpr std::string_view kFrozenType = "type";
constexpr std::size_t kMostFrozenBytes = std::size_t{256} << 20U;
constexpr std::uint64_t kLookForStop = 1024;

}  // namespace

std::size_t FrozenFile::record_bytes() const {
  std::size_t bytes = sizeof(float);
  for (const std::int64_t size : shape_) bytes *= static_cast<std::size_t>(size);
  return bytes;
}

std::optional<int> FrozenFile::load(CacheStore& store) const {
  const auto kept = files_.find(hash_);
  if (!kept) return std::nullopt;
  const auto type = kept->find(kFrozenType);
  const auto types = type == kept->end() ? std::nullopt : type->second.numbers<std::int64_t>();
  if (!types || types->size() != 1) return std::nullopt;
  const auto ids = kept->find(kFrozenRecords);
  const auto values = kept->find(kFrozenValues);
  if (ids == kept->end() || values == kept->end() || values->second.type != ElementType::F32) return std::nullopt;
  const auto records = ids->second.numbers<std::int64_t>();
  const std::size_t bytes = record_bytes();
  if (!records || values->second.data.size() != records->size() * bytes) return std::nullopt;
  const std::array flat{static_cast<std::int64_t>(bytes / sizeof(float))};
  Datum value;
  for (std::size_t i = 0; i < records->size(); ++i) {
    value.view(&values->second.data[i * bytes], DType::F32, flat);
    store.put(static_cast<std::uint64_t>((*records)[i]), value);
  }
  return static_cast<int>(types->front());
}

void FrozenFile::save(const CacheStore& store, const SamplerPlan& sampler, int type,
                      const std::stop_token& stop) const noexcept {
  const std::size_t bytes = record_bytes();
  if (sampler.count > kMostFrozenBytes / bytes) return;
  try {
    const SamplerPlan all = sampler.each_once();
    std::vector<std::int64_t> records;
    TensorValue values{.type = ElementType::F32};
    for (std::uint64_t position = 0; position < sampler.count; ++position) {
      if (position % kLookForStop == 0 && stop.stop_requested()) return;
      const std::uint64_t record = all.record(1, position);
      const CacheEntry* entry = store.find(record);
      if (entry == nullptr) continue;  // a bad one
      const auto* first = reinterpret_cast<const std::byte*>(entry + 1);
      records.push_back(static_cast<std::int64_t>(record));
      values.data.insert(values.data.end(), first, first + bytes);
    }
    if (records.empty() || stop.stop_requested()) return;
    values.shape = shape_;
    values.shape.insert(values.shape.begin(), static_cast<std::int64_t>(records.size()));
    NamedTensors tensors;
    tensors.emplace(kFrozenType, TensorValue::of(std::vector<std::int64_t>{type}));
    tensors.emplace(kFrozenRecords, TensorValue::of(records));
    tensors.emplace(kFrozenValues, std::move(values));
    (void)files_.keep(hash_, node_, tensors);  // it is only a cache
  } catch (const std::exception&) {            // no memory for it
  }
}

}  // namespace feedline::inline training
