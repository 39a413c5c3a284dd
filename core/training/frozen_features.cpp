// SPDX-License-Identifier: GPL-3.0-or-later
#include "training/frozen_features.h"

#include "schema/pretrained.h"
#include "state/fingerprint.h"
#include "state/source_fingerprint.h"

#include <algorithm>
#include <array>
#include <cstring>
#include <functional>
#include <string_view>
#include <utility>

namespace feedline::inline training {
namespace {

/// Backbones whose output may be kept.
std::vector<bool> kept_backbones(const Model& model) {
  std::vector<bool> worth;
  for (std::size_t i = 0; i < model.layer_count(); ++i) {
    const Pretrained* backbone = model.layer(i).pretrained();
    worth.push_back(backbone != nullptr && backbone->settings().cache != "off");
  }
  return worth;
}

/// Will any layer in front of the border learn later?
bool thaws_later(const Model& model, const FrozenPart::Border& border) {
  for (std::size_t i = 0; i < model.layer_count(); ++i) {
    const Pretrained* backbone = border.run[i] ? model.layer(i).pretrained() : nullptr;
    if (backbone != nullptr && backbone->settings().unfreeze_every > 0) return true;
  }
  return false;
}

/// What decides how a backbone learns, and not what it gives.
constexpr std::array<std::string_view, 9> kOfLearning = {"weights",          "strict", "frozen", "trainable_stages",
                                                         "freeze_pattern",   "digest", "cache",  "unfreeze_every",
                                                         "freeze_statistics"};

/// Of everything that the values of a border follow from; none: it is not known of all of it.
std::optional<std::string> border_hash(const Model& model, const FrozenPart::Border& border, const DataPlan& data,
                                       const std::stop_token& stop) {
  const auto fitted = [](const PlanStep& step) { return step.fitted != nullptr; };
  if (data.upstream.empty() || std::any_of(data.steps.begin(), data.steps.end(), fitted)) return std::nullopt;
  const auto files = source_fingerprint(*data.source, stop);
  if (!files || !*files) return std::nullopt;
  const auto drawn = [](const PlanStep& step) { return step.random; };
  const bool draws = std::any_of(data.steps.begin(), data.steps.end(), drawn);
  Fingerprint hash;
  hash.add("frozen 1").add(data.upstream).add(**files).add(std::uint64_t{draws && data.training});
  hash.add(std::uint64_t{data.training}).add(model.format().precision());
  hash.add(std::uint64_t{model.format().channels_last}).add(model.device().str());
  for (std::size_t i = 0; i <= border.layer; ++i) {
    if (!border.run[i]) continue;
    const LayerPlan& layer = model.plan().layers[i];
    hash.add(layer.spec->type).add(static_cast<std::uint64_t>(layer.spec->version)).add(i);
    for (const auto& [name, value] : layer.params)
      if (!layer.spec->pretrained || std::find(kOfLearning.begin(), kOfLearning.end(), name) == kOfLearning.end())
        hash.add(name).add(to_text(value));
    for (const LayerPlan::Input& from : layer.from)
      hash.add(static_cast<std::uint64_t>(from.field + 1)).add(static_cast<std::uint64_t>(from.layer + 1));
    const auto module = model.layer(i).module();
    if (module == nullptr) continue;
    std::vector<at::Tensor> tensors = module->parameters();
    for (const at::Tensor& buffer : module->buffers()) tensors.push_back(buffer);
    for (const at::Tensor& tensor : tensors) {
      const at::Tensor plain = tensor.detach().to(at::kCPU).contiguous();
      hash.add(std::string_view(static_cast<const char*>(plain.data_ptr()), plain.nbytes()));
    }
  }
  return hash.hex();
}

}  // namespace

FrozenFeatures::FrozenFeatures(const Model& model, const Plan& plan, CacheShelf& shelf,
                               const std::filesystem::path& cache_folder, const std::stop_token& stop)
    : stop_(stop) {
  const std::vector<bool> constant = model.constant_layers();
  const std::vector<bool> worth = kept_backbones(model);
  const std::array<const DataPlan*, 2> lanes = {&plan.train, plan.validation ? &*plan.validation : nullptr};
  for (std::size_t i = 0; i < lanes.size(); ++i) {
    if (lanes[i] == nullptr) continue;
    FrozenPart part = find_frozen_part(model.plan(), constant, worth, steady_fields(*lanes[i]));
    for (std::size_t b = 0; b < part.borders.size(); ++b) {
      auto kept = std::make_unique<Kept>();
      kept->border = std::move(part.borders[b]);
      for (const std::int64_t size : kept->border.shape) kept->numbers *= size;
      // A batch that is prepared ahead may be used when more of the network learns: it needs the field then.
      const bool spares = part.spared[b] != kNoField && !thaws_later(model, kept->border);
      // A record that an epoch has several times would be looked up or not by which rank is first.
      const bool together = lanes[i]->sampler.balanced == nullptr;
      kept->store = &shelf.keep_outputs(kept->border.node, lanes[i]->training,
                                        spares ? lanes[i]->fields[part.spared[b]].name : std::string{}, together);
      if (auto hash = border_hash(model, kept->border, *lanes[i], stop)) {
        kept->file.emplace(cache_folder.empty() ? default_cache_folder() : cache_folder, std::move(*hash),
                           kept->border.node, kept->border.shape);
        const auto type = kept->file->load(*kept->store);
        for (const at::ScalarType known : {at::kHalf, at::kBFloat16})
          if (type == static_cast<int>(known)) kept->type = known;
      }
      splits_[i].kept.push_back(std::move(kept));
    }
    splits_[i].data = lanes[i];
    splits_[i].rest = std::move(part.rest);
  }
}

void FrozenFeatures::settle() {
  for (Split& split : splits_)
    for (const auto& kept : split.kept) {
      std::sort(kept->fresh.begin(), kept->fresh.end(),
                [](const Fresh& a, const Fresh& b) { return std::less<>{}(a.at, b.at); });
      const std::array flat{kept->numbers};  // a Datum has fewer dimensions than a tensor may have
      Datum value;
      for (const Fresh& fresh : kept->fresh) {
        const float* numbers = fresh.values.data_ptr<float>();
        for (const std::uint64_t record : fresh.records) {
          value.view(reinterpret_cast<const std::byte*>(numbers), DType::F32, flat);
          kept->store->put(record, value);
          numbers += kept->numbers;
        }
      }
      kept->fresh.clear();
    }
}

void FrozenFeatures::look_again(const Model& model) {
  if (leaving_.joinable()) leaving_.join();
  const std::vector<bool> constant = model.constant_layers();
  for (Split& split : splits_) {
    const bool same = std::all_of(split.kept.begin(), split.kept.end(), [&](const auto& kept) {
      for (std::size_t i = 0; i < constant.size(); ++i)
        if (kept->border.run[i] && !constant[i]) return false;
      return true;
    });
    if (!same) split = {};
  }
}

void FrozenFeatures::leave_to_later_runs() {
  settle();
  const auto news = [](const auto& kept) { return kept->file && kept->rows > kept->hits; };
  const auto any_news = [&](const Split& split) { return std::any_of(split.kept.begin(), split.kept.end(), news); };
  if (left_ || !std::any_of(splits_.begin(), splits_.end(), any_news)) return;
  left_ = true;
  // Until the run is stopped, not until it ends: it may be over sooner than this.
  leaving_ = std::jthread([this, news] {
    for (const Split& split : splits_)
      for (const auto& kept : split.kept)
        if (news(kept)) kept->file->save(*kept->store, split.data->sampler, static_cast<int>(kept->type.load()), stop_);
  });
}

std::vector<bool> FrozenFeatures::fill(Model& model, std::span<const at::Tensor> fields, const BatchRows& rows,
                                       const std::stop_token& stop, std::vector<at::Tensor>& outputs) {
  Split& split = splits_[rows.training ? 0 : 1];
  if (split.empty()) return {};
  for (const auto& kept : split.kept) {
    try {
      outputs[kept->border.layer] = look_up(*kept, model, fields, rows.records, stop);
    } catch (const StepCancelled&) {
      throw;
    } catch (const StepFailed&) {
      throw;
    } catch (const std::exception& fault) {
      throw StepFailed(library_error(fault, kept->border.node));
    }
  }
  return split.rest;
}

at::Tensor FrozenFeatures::look_up(Kept& kept, Model& model, std::span<const at::Tensor> fields,
                                   std::span<const std::uint64_t> records, const std::stop_token& stop) {
  const torch::NoGradGuard no_gradients;
  const FrozenPart::Border& border = kept.border;
  std::vector<const CacheEntry*> found;
  std::vector<std::int64_t> missing;
  for (std::size_t row = 0; row < records.size(); ++row) {
    found.push_back(kept.store->find(records[row]));
    if (found.back() == nullptr) missing.push_back(static_cast<std::int64_t>(row));
  }
  kept.rows += records.size();
  kept.hits += records.size() - missing.size();

  at::Tensor fresh;
  at::Tensor places;
  const bool all = missing.size() == records.size();
  if (!missing.empty()) {
    if (!all) places = at::tensor(missing, at::kLong).to(model.device());
    std::vector<at::Tensor> some(fields.size());
    for (const std::size_t field : border.fields)
      some[field] = all ? fields[field] : fields[field].index_select(0, places);
    fresh = model.frozen_output(some, border.layer, border.run, stop);
    kept.type = fresh.scalar_type();
    const at::Tensor plain = fresh.to(at::kCPU, at::kFloat).contiguous();
    Fresh news{.at = records.data(), .values = plain};
    for (const std::int64_t row : missing) news.records.push_back(records[static_cast<std::size_t>(row)]);
    {
      const std::lock_guard lock(kept.mutex);
      kept.fresh.push_back(std::move(news));
    }
    if (all) return fresh;
  }

  std::vector<std::int64_t> shape = border.shape;
  shape.insert(shape.begin(), static_cast<std::int64_t>(records.size()));
  const at::Tensor host = at::empty(shape, at::kFloat);
  auto* to = host.data_ptr<float>();
  const std::size_t bytes = static_cast<std::size_t>(kept.numbers) * sizeof(float);
  for (const CacheEntry* entry : found) {
    if (entry != nullptr) std::memcpy(to, entry + 1, bytes);
    to += kept.numbers;
  }
  at::Tensor result = host.to(model.device(), kept.type.load());
  if (fresh.defined()) result.index_copy_(0, places, fresh);
  if (model.format().channels_last && result.dim() == 4) result = result.contiguous(at::MemoryFormat::ChannelsLast);
  return result;
}

FrozenSample FrozenFeatures::sample() const {
  FrozenSample sample;
  for (const Split& split : splits_)
    for (const auto& kept : split.kept) {
      if (sample.node.empty()) sample.node = kept->border.node;
      sample.rows += kept->rows;
      sample.hits += kept->hits;
      const CacheSample level = kept->store->level();
      sample.kept.records += level.records;
      sample.kept.ram_bytes += level.ram_bytes;
      sample.kept.disk_bytes += level.disk_bytes;
      sample.kept.full = sample.kept.full || level.full;
    }
  return sample;
}

}  // namespace feedline::inline training
