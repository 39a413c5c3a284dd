// SPDX-License-Identifier: GPL-3.0-or-later
#include "nodes/estimator/xgboost_library.h"

#include "base/plain_text.h"
#include "nodes/estimator/boosted_bytes.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <chrono>
#include <condition_variable>
#include <dlfcn.h>
#include <exception>
#include <limits>
#include <mutex>
#include <thread>
#include <type_traits>

namespace feedline::inline nodes {
namespace {

/// The functions of xgboost/c_api.h that are used: 0 means that all went well. Their types have not changed since 1.6.
struct XgboostCalls {
  using Handle = void*;
  const char* (*last_error)() = nullptr;
  int (*create_rows)(const char* array, const char* config, Handle* out) = nullptr;
  int (*set_info)(Handle rows, const char* field, const float* numbers, std::uint64_t count) = nullptr;
  int (*free_rows)(Handle rows) = nullptr;
  int (*create)(const Handle* rows, std::uint64_t count, Handle* out) = nullptr;
  int (*free)(Handle model) = nullptr;
  int (*set)(Handle model, const char* name, const char* value) = nullptr;
  int (*update)(Handle model, int iteration, Handle rows) = nullptr;
  int (*evaluate)(Handle model, int iteration, Handle* rows, const char** names, std::uint64_t count,
                  const char** out) = nullptr;
  int (*columns)(Handle model, std::uint64_t* out) = nullptr;
  int (*predict)(Handle model, const char* array, const char* config, Handle proxy, const std::uint64_t** shape,
                 std::uint64_t* dimensions, const float** out) = nullptr;
  int (*save)(Handle model, const char* config, std::uint64_t* size, const char** out) = nullptr;
  int (*load)(Handle model, const void* bytes, std::uint64_t size) = nullptr;

  // Since 1.7, and null before: rows that are cut into bins as they are read.
  int (*create_proxy)(Handle* out) = nullptr;
  int (*show_rows)(Handle proxy, const char* array) = nullptr;
  int (*create_bins)(Handle reader, Handle proxy, Handle other, void (*reset)(Handle reader),
                     int (*next)(Handle reader), const char* config, Handle* out) = nullptr;
  [[nodiscard]] bool can_bin() const {
    return create_proxy != nullptr && show_rows != nullptr && create_bins != nullptr;
  }
};

constexpr std::array<const char*, 2> kXgboostFiles = {"libxgboost.so.0", "libxgboost.so"};

/// Threads of rounds that nobody waits for. It is made behind XGBoost's own statics, so that it is gone before them:
/// the end of the program waits for the rounds that are left.
class RoundsLeftBehind {
 public:
  static RoundsLeftBehind& instance() {
    static RoundsLeftBehind all;
    return all;
  }
  void take(std::jthread thread) {
    const std::lock_guard lock(mutex_);
    threads_.push_back(std::move(thread));
  }

 private:
  std::mutex mutex_{};
  std::vector<std::jthread> threads_{};
};

Result<XgboostCalls> open_xgboost() {
  void* library = nullptr;
  for (const char* file : kXgboostFiles)
    if (library == nullptr) library = ::dlopen(file, RTLD_NOW | RTLD_LOCAL);
  XgboostCalls calls;
  bool whole = library != nullptr;
  const auto find = [&](auto& call, const char* name) {
    if (library != nullptr) call = reinterpret_cast<std::remove_reference_t<decltype(call)>>(::dlsym(library, name));
    whole = whole && call != nullptr;
  };
  find(calls.last_error, "XGBGetLastError");
  find(calls.create_rows, "XGDMatrixCreateFromDense");
  find(calls.set_info, "XGDMatrixSetFloatInfo");
  find(calls.free_rows, "XGDMatrixFree");
  find(calls.create, "XGBoosterCreate");
  find(calls.free, "XGBoosterFree");
  find(calls.set, "XGBoosterSetParam");
  find(calls.update, "XGBoosterUpdateOneIter");
  find(calls.evaluate, "XGBoosterEvalOneIter");
  find(calls.columns, "XGBoosterGetNumFeature");
  find(calls.predict, "XGBoosterPredictFromDense");
  find(calls.save, "XGBoosterSaveModelToBuffer");
  find(calls.load, "XGBoosterLoadModelFromBuffer");
  if (whole) {
    find(calls.create_proxy, "XGProxyDMatrixCreate");
    find(calls.show_rows, "XGProxyDMatrixSetDataDense");
    find(calls.create_bins, "XGQuantileDMatrixCreateFromCallback");
    (void)RoundsLeftBehind::instance();
    return calls;
  }
  const char* why = ::dlerror();
  return fail({.code = ErrorCode::Failed,
               .reason = library != nullptr
                             ? "this XGBoost is older than 1.6"
                             : "XGBoost cannot be loaded: " + plain_line(why != nullptr ? why : "missing"),
               .remedy = "Install XGBoost (Debian: libxgboost0), then start again; or use decision_tree",
               .file = kXgboostFiles.front()});
}

/// Loaded by the first who asks; the others wait.
const Result<XgboostCalls>& xgboost_calls() {
  static const Result<XgboostCalls> calls = open_xgboost();
  return calls;
}

/// Once it is loaded.
const XgboostCalls& boost() { return *xgboost_calls(); }

tl::unexpected<Error> fail_boosting() {
  const std::string text = plain_line(boost().last_error());
  return fail(Error{.code = ErrorCode::Failed, .reason = "XGBoost: " + text.substr(0, 300)});
}

std::string array_of(std::span<const float> numbers, std::size_t columns) {
  return fmt::format(R"({{"data":[{},true],"shape":[{},{}],"typestr":"<f4","version":3}})",
                     reinterpret_cast<std::uintptr_t>(numbers.data()), numbers.size() / columns, columns);
}

/// Shows all rows as one part, to whoever reads them, as often as it wants.
struct RowsToBin {
  std::string array{};
  XgboostCalls::Handle proxy = nullptr;
  bool shown = false;

  explicit RowsToBin(std::string rows) : array(std::move(rows)) {}
  RowsToBin(const RowsToBin&) = delete;
  RowsToBin& operator=(const RowsToBin&) = delete;
  ~RowsToBin() {
    if (proxy != nullptr) (void)boost().free_rows(proxy);
  }
  static void again(void* reader) { static_cast<RowsToBin*>(reader)->shown = false; }
  static int next(void* reader) {
    auto& rows = *static_cast<RowsToBin*>(reader);
    if (std::exchange(rows.shown, true)) return 0;
    return boost().show_rows(rows.proxy, rows.array.c_str()) == 0 ? 1 : 0;
  }
};

/// A plain matrix is a copy of 8 bytes a number, of which hist then makes its bins; with these alone the same trees
/// grow. True: it went well.
bool create_rows(const std::string& array, int bins, int threads, XgboostCalls::Handle* out) {
  if (bins == 0 || !boost().can_bin())
    return boost().create_rows(array.c_str(), fmt::format(R"({{"missing":NaN,"nthread":{}}})", threads).c_str(), out) ==
           0;
  RowsToBin rows(array);
  const std::string config = fmt::format(R"({{"missing":NaN,"max_bin":{},"nthread":{}}})", bins, threads);
  return boost().create_proxy(&rows.proxy) == 0 &&
         boost().create_bins(&rows, rows.proxy, nullptr, &RowsToBin::again, &RowsToBin::next, config.c_str(), out) == 0;
}

}  // namespace

Status can_boost_trees() {
  const auto& calls = xgboost_calls();
  return calls ? Status() : fail(calls.error());
}

BoostedModel::~BoostedModel() {
  release_rows();
  if (model_ != nullptr) (void)boost().free(model_);
}

void BoostedModel::release_rows() {
  if (rows_ != nullptr) (void)boost().free_rows(rows_);
  rows_ = nullptr;
}

Result<std::shared_ptr<BoostedModel>> BoostedModel::begin(std::span<const float> features, std::size_t columns,
                                                          std::span<const float> targets, const Settings& settings,
                                                          int bins, int threads) {
  if (Status there = can_boost_trees(); !there) return fail(std::move(there.error()));
  const std::shared_ptr<BoostedModel> made(new BoostedModel(columns));
  if (!create_rows(array_of(features, columns), bins, threads, &made->rows_) ||
      boost().set_info(made->rows_, "label", targets.data(), targets.size()) != 0 ||
      boost().create(&made->rows_, 1, &made->model_) != 0)
    return fail_boosting();
  for (const auto& [name, value] : settings)
    if (boost().set(made->model_, name.c_str(), value.c_str()) != 0) return fail_boosting();
  return made;
}

Result<std::shared_ptr<BoostedModel>> BoostedModel::load(std::span<const std::uint8_t> bytes, std::size_t columns,
                                                         int threads) {
  if (Status there = can_boost_trees(); !there) return fail(std::move(there.error()));
  if (Status whole = check_boosted_bytes(bytes, columns); !whole) return fail(std::move(whole.error()));
  const std::shared_ptr<BoostedModel> made(new BoostedModel(columns));
  std::uint64_t own = 0;
  if (boost().create(nullptr, 0, &made->model_) != 0 || boost().load(made->model_, bytes.data(), bytes.size()) != 0 ||
      boost().set(made->model_, "nthread", std::to_string(threads).c_str()) != 0 ||
      boost().columns(made->model_, &own) != 0)
    return fail_boosting();
  if (own != columns)
    return fail(fmt::format("the kept trees are of {} features, and there are {}", own, columns),
                "Use the checkpoint with the graph that it was trained with");
  return made;
}

Status BoostedModel::round(int number) {
  return boost().update(model_, number, rows_) != 0 ? Status(fail_boosting()) : Status();
}

Result<double> BoostedModel::loss(int number) {
  const char* name = "train";
  const char* told = nullptr;
  if (boost().evaluate(model_, number, &rows_, &name, 1, &told) != 0) return fail_boosting();
  const std::string_view text(told);  // "[0]\ttrain-mlogloss:0.82485"
  const std::size_t colon = text.rfind(':');
  double loss = std::numeric_limits<double>::quiet_NaN();
  if (colon != std::string_view::npos) (void)std::from_chars(text.data() + colon + 1, text.data() + text.size(), loss);
  return loss;
}

Status BoostedModel::predict(std::span<const float> features, std::size_t count, std::size_t outputs,
                             std::span<float> out) const {
  const std::uint64_t* shape = nullptr;
  std::uint64_t dimensions = 0;
  const float* found = nullptr;
  const std::string array = array_of(features.first(count * columns_), columns_);
  constexpr const char* kConfig = R"({"type":0,"training":false,"iteration_begin":0,"iteration_end":0,)"
                                  R"("strict_shape":true,"missing":NaN,"cache_id":0})";
  if (boost().predict(model_, array.c_str(), kConfig, nullptr, &shape, &dimensions, &found) != 0)
    return fail_boosting();
  std::uint64_t all = 1;
  for (std::uint64_t i = 0; i < dimensions; ++i) all *= shape[i];
  if (all != count * outputs)
    return fail("the kept trees give another number of classes than the target has",
                "Use the checkpoint with the graph that it was trained with");
  std::copy_n(found, all, out.begin());
  return {};
}

Result<std::vector<std::uint8_t>> BoostedModel::save() const {
  std::uint64_t size = 0;
  const char* bytes = nullptr;
  if (boost().save(model_, R"({"format":"ubj"})", &size, &bytes) != 0) return fail_boosting();
  return std::vector<std::uint8_t>(bytes, bytes + size);
}

bool run_or_leave_behind(std::function<void()> work, const std::function<bool()>& go_on) {
  struct Shared {
    std::mutex mutex{};
    std::condition_variable changed{};
    bool done = false;
    std::exception_ptr thrown{};
  };
  const auto shared = std::make_shared<Shared>();
  std::jthread thread([shared, job = std::move(work)] {
    std::exception_ptr thrown;
    try {
      job();
    } catch (...) {
      thrown = std::current_exception();
    }
    const std::lock_guard lock(shared->mutex);
    shared->thrown = thrown;
    shared->done = true;
    shared->changed.notify_all();
  });
  constexpr std::chrono::milliseconds kLook{10};
  for (;;) {
    {
      std::unique_lock lock(shared->mutex);
      if (shared->changed.wait_for(lock, kLook, [&] { return shared->done; })) {
        if (shared->thrown) std::rethrow_exception(shared->thrown);
        return true;
      }
    }
    if (go_on()) continue;
    RoundsLeftBehind::instance().take(std::move(thread));
    return false;
  }
}

}  // namespace feedline::inline nodes
