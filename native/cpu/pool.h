/**
 * A pool of threads that runs one batch of numbered tasks at a time. The caller works too, so a pool of one spawns nothing.
 *
 * Which thread takes which task is left to chance; results never depend on it, because whatever is summed across tasks is summed
 * over a static partition (see Rasterizer). Idle workers sleep on a condition variable and burn no processor time.
 */
#pragma once

#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <exception>
#include <functional>
#include <mutex>
#include <thread>
#include <vector>

namespace legato {

class Pool {
 public:
  explicit Pool(int threads) { resize(threads); }
  ~Pool() { resize(1); }
  Pool(const Pool&) = delete;
  Pool& operator=(const Pool&) = delete;

  int threads() const { return static_cast<int>(workers_.size()) + 1; }
  void resize(int threads);

  /** Calls task(i, worker) for every i < count; worker < threads() is free to index scratch memory. Returns when all are done. */
  void run(int count, const std::function<void(int task, int worker)>& task);

 private:
  void work(int worker, uint64_t seen);
  void drain(int worker);

  std::vector<std::thread> workers_;
  std::mutex mutex_;
  std::condition_variable wake_, done_;
  const std::function<void(int, int)>* task_ = nullptr;
  std::atomic<int> next_{0};
  int count_ = 0;
  int busy_ = 0;
  uint64_t batch_ = 0;
  bool stop_ = false;
  std::exception_ptr failure_;
};

/** The pool that all kernels share. */
Pool& pool();

}  // namespace legato
