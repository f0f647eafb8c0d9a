#include "build/scheduler.hpp"

#include <algorithm>
#include <condition_variable>
#include <exception>
#include <map>
#include <mutex>
#include <thread>
#include <vector>

#include "base/error.hpp"
#include "build/scene.hpp"
#include "run/user_namespace.hpp"

namespace slipway {
namespace {

/// The state that the workers share; everything happens under one lock, but for
/// the steps themselves.
class Schedule {
 public:
  Schedule(const Plan& plan, const BuildContext& context, BuildObserver& observer)
      : context_(context), observer_(observer), left_(plan.steps.size()) {
    for (const auto& step : plan.steps) {
      const auto needs = needs_of(step);
      waiting_[step.id] = needs.size();
      for (const auto& need : needs) users_[need].push_back(&step);
      if (needs.empty()) ready_.push_back(&step);
    }
  }

  /// What each worker does until nothing is left.
  void work() {
    std::unique_lock lock(mutex_);
    for (;;) {
      changed_.wait(lock, [this] { return done() || next_ < ready_.size(); });
      if (done()) return;
      run(*ready_[next_++], lock);
      changed_.notify_all();
    }
  }

  void rethrow() const {
    if (failure_) std::rethrow_exception(failure_);
  }

 private:
  bool done() const { return failure_ != nullptr || left_ == 0; }

  void run(const Step& step, std::unique_lock<std::mutex>& lock) {
    observer_.started(step);
    const auto start = std::chrono::steady_clock::now();
    lock.unlock();
    std::exception_ptr failure;
    std::string message;
    auto outcome = StepOutcome::made;
    try {
      outcome = run_step(step, context_);
    } catch (const Error& error) {
      failure = std::current_exception();
      message = error.what();
    } catch (...) {
      failure = std::current_exception();
      message = "internal error";
    }
    lock.lock();
    if (failure) {
      observer_.failed(step, message);
      if (!failure_) failure_ = failure;
      return;
    }
    observer_.finished(step, outcome, std::chrono::steady_clock::now() - start);
    --left_;
    for (const auto* user : users_[step.id]) {
      if (--waiting_[user->id] == 0) ready_.push_back(user);
    }
  }

  const BuildContext& context_;
  BuildObserver& observer_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::map<std::string, std::size_t> waiting_ = {};  ///< for how many steps, by id
  std::map<std::string, std::vector<const Step*>> users_ = {};
  std::vector<const Step*> ready_ = {};  ///< those from next_ on have not been started
  std::size_t next_ = 0;
  std::size_t left_;
  std::exception_ptr failure_ = {};
};

}  // namespace

std::set<std::string> needs_of(const Step& step) {
  std::set<std::string> needs(step.below.begin(), step.below.end());
  needs.insert(step.from.begin(), step.from.end());
  for (const auto& mount : step.mounts_from) needs.insert(mount.begin(), mount.end());
  if (!step.config_of.empty()) needs.insert(step.config_of);
  return needs;
}

namespace {

/// Does it run commands, or may it?
bool may_run(const Step& step, const BuildContext& context) {
  return step.kind == StepKind::run || (step.runs_triggers && !usable_result(step.id, context));
}

}  // namespace

void run_plan(const Plan& plan, const BuildContext& context, BuildObserver& observer) {
  // While there is one thread; what forbids it is told by the step that needs it.
  if (std::ranges::any_of(plan.steps, [&](const Step& step) { return may_run(step, context); })) try_become_root();
  Schedule schedule(plan, context, observer);
  const auto processors = std::max(1u, std::thread::hardware_concurrency());
  {
    std::vector<std::jthread> workers;
    for (unsigned i = 1; i < std::min<std::size_t>(processors, plan.steps.size()); ++i) {
      workers.emplace_back([&] { schedule.work(); });
    }
    schedule.work();
  }
  schedule.rethrow();
}

}  // namespace slipway
