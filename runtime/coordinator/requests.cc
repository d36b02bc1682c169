#include "runtime/coordinator/requests.h"

#include <fmt/core.h>

#include "proto/messages.h"
#include "runtime/coordinator/answers.h"
#include "runtime/coordinator/job_checkpoints.h"
#include "runtime/coordinator/job_life.h"
#include "runtime/coordinator/worker_life.h"

namespace penstock::coordinator {
namespace {

using proto::Answer;
using proto::Request;

base::Error unknown_job(const std::string& name) {
  return {"unknown_job",
          fmt::format("there is no job '{}'; `penstock list` shows all", name),
          base::Origin::kUser,
          false,
          {}};
}

const char* word(proto::JobState state) {
  switch (state) {
    case proto::FINISHED:
      return "has finished already";
    case proto::STOPPED:
      return "has been stopped already";
    case proto::CANCELLED:
      return "has been cancelled already";
    case proto::JOB_FAILED:
      return "has failed already";
    case proto::FAILING:
      return "is failing already";
    case proto::CANCELLING:
      return "is being cancelled";
    default:
      return "is ending already";
  }
}

class Answering {
 public:
  Answering(Turn& turn, const Request& request, Answer& answer) : turn_(turn), request_(request), answer_(answer) {}

  void run() {
    const State& state = turn_.state;
    switch (request_.what_case()) {
      case Request::kListJobs:
        *answer_.mutable_jobs() = job_list(state, turn_.now);
        return;
      case Request::kListWorkers:
        *answer_.mutable_workers() = worker_list(state, turn_.now);
        return;
      case Request::kStatus:
        return status(request_.status().job());
      case Request::kStop:
        return stop(request_.stop().job(), request_.stop().drain());
      case Request::kCancel:
        return cancel(request_.cancel().job());
      case Request::kLogs:
        return logs(request_.logs());
      case Request::kCheckpoint:
        return checkpoint(request_.checkpoint().job());
      case Request::kCheckpoints:
        return checkpoints(request_.checkpoints().job());
      case Request::kDrain:
        return drain_worker(request_.drain().worker());
      default:
        return refuse({"control_malformed", "a request for nothing", base::Origin::kInternal, false, {}});
    }
  }

 private:
  void refuse(const base::Error& error) { *answer_.mutable_error() = proto::to_proto(error); }
  void done(std::string text) { answer_.mutable_done()->set_text(std::move(text)); }

  /// The job that is meant, among those whose details are kept, and among the others. Refuses when there is none.
  Job* live(const std::string& name) {
    const auto id = find_job(turn_.state, name);
    const auto at = id ? turn_.state.jobs.find(*id) : turn_.state.jobs.end();
    return at == turn_.state.jobs.end() ? nullptr : &at->second;
  }
  const PastJob* past(const std::string& name) {
    const auto id = find_job(turn_.state, name);
    const auto at = id ? turn_.state.past.find(*id) : turn_.state.past.end();
    if (at == turn_.state.past.end()) refuse(unknown_job(name));
    return at == turn_.state.past.end() ? nullptr : &at->second;
  }

  void status(const std::string& name) {
    if (const Job* job = live(name)) {
      *answer_.mutable_status() = status_of(turn_.state, *job, turn_.now, turn_.wall);
    } else if (const PastJob* over = past(name)) {
      *answer_.mutable_status() = status_of(*over);
    }
  }
  void logs(const proto::LogsRequest& wanted) {
    if (const Job* job = live(wanted.job())) {
      *answer_.mutable_logs() = log_page(*job, wanted.from());
    } else if (const PastJob* over = past(wanted.job())) {
      *answer_.mutable_logs() = log_page(*over, wanted.from());
    }
  }

  static std::string called(const proto::JobSummary& job) { return fmt::format("job {} '{}'", job.job(), job.name()); }
  void stop(const std::string& name, bool drain) {
    Job* job = live(name);
    const PastJob* over = job == nullptr ? past(name) : nullptr;
    if (over != nullptr) return done(called(over->summary) + " " + word(over->summary.state()));
    if (job == nullptr) return;
    const std::string who = called(summary_of(*job, turn_.now));
    if (job->step > Step::kRunning) return done(who + " " + word(state_of(*job)));
    ask_to_stop(turn_, *job, drain);
    done(who + (job->step < Step::kRunning ? " will be stopped as soon as it runs"
                : job->ending.drain        ? " is stopping: it drains"
                                           : " is stopping: it takes a last checkpoint"));
  }
  void cancel(const std::string& name) {
    Job* job = live(name);
    const PastJob* over = job == nullptr ? past(name) : nullptr;
    if (over != nullptr) return done(called(over->summary) + " " + word(over->summary.state()));
    if (job == nullptr) return;
    const std::string who = called(summary_of(*job, turn_.now));
    if (job->step >= Step::kReleasing) return done(who + " " + word(state_of(*job)));
    ask_to_cancel(turn_, *job);
    done(who + " is being cancelled");
  }

  void checkpoint(const std::string& name) {
    Job* job = live(name);
    const PastJob* over = job == nullptr ? past(name) : nullptr;
    if (job == nullptr && over == nullptr) return;
    const proto::JobSummary summary = job != nullptr ? summary_of(*job, turn_.now) : over->summary;
    if (job == nullptr || job->step > Step::kRunning)
      return refuse({"job_is_over", called(summary) + " " + word(summary.state()), base::Origin::kUser, false, {}});
    if (!is_recoverable(*job))
      return refuse({"no_store",
                     called(summary) +
                         " keeps no checkpoints; name a place for them: penstock coordinator --checkpoints "
                         "file:///DIR, and submit it again",
                     base::Origin::kUser,
                     false,
                     {}});
    const std::uint64_t epoch = ask_for_checkpoint(turn_, *job);
    done(fmt::format("checkpoint {} of {} {}", epoch, called(summary),
                     job->step == Step::kRunning ? "is under way" : "is taken as soon as it runs"));
    answer_.mutable_done()->set_epoch(epoch);
  }
  void checkpoints(const std::string& name) {
    if (const Job* job = live(name)) {
      *answer_.mutable_checkpoints() = checkpoint_list(*job, turn_.now);
    } else if (const PastJob* over = past(name)) {
      *answer_.mutable_checkpoints() = checkpoint_list(*over);
    }
  }

  void drain_worker(const std::string& name) {
    const auto at = turn_.state.workers.find(name);
    if (at == turn_.state.workers.end() || at->second.is_lost())
      return refuse({"unknown_worker",
                     fmt::format("there is no worker '{}'; `penstock workers` shows all", name),
                     base::Origin::kUser,
                     false,
                     {}});
    drain(turn_, at->second);
    std::string jobs;
    for (const auto& [id, job] : turn_.state.jobs) {
      const auto part = part_of(job, name, at->second.incarnation());
      if (part && !job.parts[*part].settled()) jobs += (jobs.empty() ? "" : ", ") + std::to_string(id);
    }
    done(fmt::format("worker '{}' gets no new tasks; {}", name,
                     jobs.empty() ? "none are left on it" : "its tasks go on until their jobs end: " + jobs));
  }

  Turn& turn_;
  const Request& request_;
  Answer& answer_;
};

Answer& blank(proto::Envelope& envelope, std::uint64_t request) {
  Answer& answer = *envelope.mutable_answer();
  answer.set_id(request);
  answer.set_software(PENSTOCK_VERSION);
  return answer;
}

}  // namespace

void on_request(Turn& turn, const Peer& from, const Request& request) {
  proto::Envelope envelope;
  Answering(turn, request, blank(envelope, request.id())).run();
  turn.send(from.id, std::move(envelope));
}

void on_submit(Turn& turn, const SubmitCame& came) {
  const auto id = submit(turn, came);
  if (!id) return turn.send(came.from.id, refusal(came.request, id.error()));
  proto::Envelope envelope;
  proto::Submitted& submitted = *blank(envelope, came.request).mutable_submitted();
  submitted.set_job(*id);
  submitted.set_name(came.plan->name);
  turn.send(came.from.id, std::move(envelope));
}

proto::Envelope refusal(std::uint64_t request, const base::Error& error) {
  proto::Envelope envelope;
  *blank(envelope, request).mutable_error() = proto::to_proto(error);
  return envelope;
}

}  // namespace penstock::coordinator
