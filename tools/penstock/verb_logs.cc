#include "tools/penstock/client_verb.h"
#include "tools/penstock/cluster_json.h"
#include "tools/penstock/exit_status.h"
#include "tools/penstock/log_text.h"
#include "tools/penstock/stop_signals.h"
#include "tools/penstock/terminal.h"

namespace penstock::tools {
namespace {

constexpr int kAskEveryMs = 300;

base::Result<proto::LogPage> page_from(CoordinatorLink& link, const std::string& job, std::uint64_t line) {
  proto::Request request;
  request.mutable_logs()->set_job(job);
  request.mutable_logs()->set_from(line);
  auto answer = link.ask(std::move(request), proto::Answer::kLogs);
  if (!answer) return tl::unexpected(answer.error());
  return std::move(*answer->mutable_logs());
}

/// An object a line where they go on coming: a document that never ends would be none.
std::string shown(const proto::LogPage& page, bool json) {
  std::string text;
  for (const proto::LogLine& line : page.lines()) text += json ? document(as_json(line)) : log_text(line) + "\n";
  return text;
}

/// All pages that there are now, as one.
base::Result<proto::LogPage> all_pages(CoordinatorLink& link, const std::string& job) {
  proto::LogPage all;
  while (true) {
    const auto page = page_from(link, job, all.next());
    if (!page) return tl::unexpected(page.error());
    for (const proto::LogLine& line : page->lines()) *all.add_lines() = line;
    const bool more = !page->lines().empty() && page->next() > all.next();
    all.set_next(page->next());
    all.set_ended(page->ended());
    if (!more) return all;
  }
}

int print_once(CoordinatorLink& link, const LogsOptions& options) {
  const auto all = all_pages(link, options.job);
  if (!all) return show_failure("logs", all.error(), options.client);
  if (options.client.json) return print_result(document(as_json(*all)));
  const int status = print_result(shown(*all, false));
  if (!all->ended()) say_next(client_command("logs", options.job, options.client.coordinator) + " --follow");
  return status;
}

/// Until the job is over, its reader has left, or Ctrl-C.
int follow(CoordinatorLink& link, const LogsOptions& options) {
  StopSignals signals;
  link.interrupt_on(signals.descriptor());
  std::uint64_t next = 0;
  while (true) {
    const auto page = page_from(link, options.job, next);
    if (!page && page.error().code == "interrupted") return kDone;
    if (!page) return show_failure("logs", page.error(), options.client);
    if (const int status = print_result(shown(*page, options.client.json)); status != kDone) return status;
    next = page->next();
    if ((page->ended() && page->lines().empty()) || !output_wanted()) return kDone;
    if (signals.within(page->lines().empty() ? kAskEveryMs : 0)) return kDone;
  }
}

}  // namespace

int verb_logs(const LogsOptions& options) {
  auto link = CoordinatorLink::open(options.client.coordinator);
  if (!link) return show_failure("logs", link.error(), options.client);
  return options.follow ? follow(**link, options) : print_once(**link, options);
}

}  // namespace penstock::tools
