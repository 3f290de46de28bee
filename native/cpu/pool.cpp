#include "pool.h"

#include <algorithm>

namespace legato {

Pool& pool() {
  // Leaked on purpose: joining threads while the process tears down its modules can deadlock on Windows.
  static Pool* const shared = new Pool(static_cast<int>(std::max(1u, std::thread::hardware_concurrency())));
  return *shared;
}

void Pool::resize(int threads) {
  {
    const std::lock_guard lock(mutex_);
    stop_ = true;
  }
  wake_.notify_all();
  for (auto& worker : workers_) worker.join();
  workers_.clear();
  stop_ = false;
  for (int i = 1; i < threads; i++) workers_.emplace_back([this, i, seen = batch_] { work(i, seen); });
}

void Pool::run(int count, const std::function<void(int, int)>& task) {
  if (count <= 0) return;
  if (count == 1 || workers_.empty()) {
    for (int i = 0; i < count; i++) task(i, 0);
    return;
  }
  {
    const std::lock_guard lock(mutex_);
    task_ = &task;
    count_ = count;
    next_ = 0;
    busy_ = static_cast<int>(workers_.size());
    failure_ = nullptr;
    batch_++;
  }
  wake_.notify_all();
  drain(0);
  std::unique_lock lock(mutex_);
  done_.wait(lock, [this] { return busy_ == 0; });
  if (failure_) std::rethrow_exception(failure_);
}

void Pool::drain(int worker) {
  try {
    for (int i = next_++; i < count_; i = next_++) (*task_)(i, worker);
  } catch (...) {
    const std::lock_guard lock(mutex_);
    failure_ = std::current_exception();
    next_ = count_;
  }
}

void Pool::work(int worker, uint64_t seen) {
  for (;;) {
    {
      std::unique_lock lock(mutex_);
      wake_.wait(lock, [&] { return stop_ || batch_ != seen; });
      if (stop_) return;
      seen = batch_;
    }
    drain(worker);
    {
      const std::lock_guard lock(mutex_);
      if (--busy_ == 0) done_.notify_one();
    }
  }
}

}  // namespace legato
