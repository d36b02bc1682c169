/// A record that ends every process which works on it. A worker leaves behind what its tasks were at
/// (checkpoint/work_file.h); when it dies again with the same node at work, the next attempt gives its nodes one row at
/// a time, until it has got further, and so the record is found. Its name is the job's cause once it has ended a second
/// process in that way.
#pragma once

#include "runtime/coordinator/turn.h"

namespace penstock::coordinator {

/// This worker, with a part in the present attempt, is lost.
void ask_for_work(Turn& turn, Job& job, const std::string& worker);
void on_work_read(Turn& turn, Job& job, const WorkRead& read);
/// The next attempt has its number; whether it goes one row at a time.
void look_closer_where_needed(Turn& turn, Job& job);
/// The job has got further than whatever ended it.
void forget_at_work(Job& job);
/// "; most often at work was ..."; empty where nothing was at work more than once.
std::string most_suspect(const Job& job);

}  // namespace penstock::coordinator
