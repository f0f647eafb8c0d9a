#include "build/scheduler.hpp"

#include <algorithm>
#include <condition_variable>
#include <deque>
#include <exception>
#include <iterator>
#include <mutex>
#include <set>
#include <thread>
#include <unordered_map>
#include <vector>

#include "base/error.hpp"
#include "build/scene.hpp"
#include "run/user_namespace.hpp"

namespace slipway {
namespace {

/// The steps that must have run before this one, with all beneath them. They
/// are few: of a chain the topmost.
std::set<std::string> needs_of(const Step& step) {
  std::set<std::string> needs;
  for (const auto& source : step.mounts) needs.insert(source.step);
  if (step.reads != Beneath::nothing) needs.insert(step.beneath);
  needs.insert(step.from);
  needs.insert(step.config_of);
  needs.erase("");
  return needs;
}

/// The state that the workers share; everything happens under one lock, but for
/// the steps themselves.
class Schedule {
 public:
  Schedule(const std::vector<PlannedBuild>& builds, BuildObserver& observer) : observer_(observer) {
    for (const auto& [plan, context] : builds) {
      left_ += plan.steps.size();
      add(plan, lines_.emplace_back(context));
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
  struct Line;

  struct Node {
    const Step* step = nullptr;
    Line* line = nullptr;
    std::size_t waits_for = 0;      ///< steps
    std::vector<Node*> users = {};  ///< they wait for this step and all beneath it
    std::vector<Node*> above = {};  ///< right above it in their stages
    bool has_run = false;
    bool is_complete = false;  ///< it has run, and all beneath it
  };

  /// One plan's steps.
  struct Line {
    explicit Line(const BuildContext& where) : context(where) {}
    BuildContext context;
    std::unordered_map<std::string, Node> nodes = {};
  };

  void add(const Plan& plan, Line& line) {
    line.context.transferred = [this, &line](const std::string& id, std::uint64_t done,
                                             std::uint64_t total) {
      const std::lock_guard lock(mutex_);
      // The ONBUILD steps of a base are not of this plan.
      if (const auto node = line.nodes.find(id); node != line.nodes.end())
        observer_.transferred(*node->second.step, done, total);
    };
    line.context.printed = [this, &line](const std::string& id, std::string_view text) {
      const std::lock_guard lock(mutex_);
      observer_.printed(*line.nodes.at(id).step, text);
    };
    for (const auto& step : plan.steps) {
      auto& node = line.nodes[step.id];
      node.step = &step;
      node.line = &line;
      // Those that the step names stand before it in the plan.
      if (!step.beneath.empty()) line.nodes.at(step.beneath).above.push_back(&node);
      const auto needs = needs_of(step);
      node.waits_for = needs.size();
      for (const auto& need : needs) line.nodes.at(need).users.push_back(&node);
      if (needs.empty()) ready_.push_back(&node);
    }
  }

  bool done() const { return failure_ != nullptr || left_ == 0; }

  void run(Node& node, std::unique_lock<std::mutex>& lock) {
    const auto& step = *node.step;
    observer_.started(step);
    const auto start = std::chrono::steady_clock::now();
    lock.unlock();
    std::exception_ptr failure;
    std::string message;
    auto outcome = StepOutcome::made;
    try {
      outcome = run_step(step, node.line->context);
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
    node.has_run = true;
    if (step.beneath.empty() || node.line->nodes.at(step.beneath).is_complete) complete(node);
  }

  /// Steps of a chain run in any order; it is complete from the lowest upwards.
  void complete(Node& lowest) {
    std::vector<Node*> next = {&lowest};
    while (!next.empty()) {
      Node& node = *next.back();
      next.pop_back();
      node.is_complete = true;
      for (auto* user : node.users) {
        if (--user->waits_for == 0) ready_.push_back(user);
      }
      std::ranges::copy_if(node.above, std::back_inserter(next), &Node::has_run);
    }
  }

  BuildObserver& observer_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<Line> lines_ = {};
  std::vector<Node*> ready_ = {};  ///< those from next_ on have not been started
  std::size_t next_ = 0;
  std::size_t left_ = 0;
  std::exception_ptr failure_ = {};
};

/// Does it run commands, or may it?
bool may_run(const Step& step, const BuildContext& context) {
  return step.kind == StepKind::run || (step.runs_triggers && !usable_result(step.id, context));
}

}  // namespace

void run_plans(const std::vector<PlannedBuild>& builds, BuildObserver& observer) {
  // While there is one thread; what forbids it is told by the step that needs it.
  const auto runs_commands = [](const PlannedBuild& build) {
    return std::ranges::any_of(build.plan.steps,
                               [&](const Step& step) { return may_run(step, build.context); });
  };
  if (std::ranges::any_of(builds, runs_commands)) try_become_root();
  std::size_t steps = 0;
  for (const auto& build : builds) steps += build.plan.steps.size();
  Schedule schedule(builds, observer);
  const auto processors = std::max(1u, std::thread::hardware_concurrency());
  {
    std::vector<std::jthread> workers;
    for (unsigned i = 1; i < std::min<std::size_t>(processors, steps); ++i) {
      workers.emplace_back([&] { schedule.work(); });
    }
    schedule.work();
  }
  schedule.rethrow();
}

}  // namespace slipway
