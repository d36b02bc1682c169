/// How a job ends: it fails with a cause, its workers let go of it, it is over.
#pragma once

#include "runtime/coordinator/turn.h"

namespace penstock::coordinator {

/// Takes the step, and says how long it may take.
void enter(Turn& turn, Job& job, Step step, base::Micros at_most);
/// The job fails. Until `firm_at` another cause may still prove to be the better one.
void fail(Turn& turn, Job& job, proto::Error cause, base::Micros firm_at);
/// Over, once everybody has let go of it, or has had time enough to.
void end_where_possible(Turn& turn, Job& job);
/// Of one all of whose tasks have ended, where it keeps checkpoints: also one that a coordinator before this one let
/// end.
void note_if_finished(Turn& turn, Job& job);

/// "w1, w3": workers of whom something is still wanted.
std::string behind(const Job& job);
bool is_behind(const Job& job, const Part& part);
bool all_settled(const Job& job);

/// An error of the surroundings, that a restart may help against.
proto::Error error(std::string code, std::string text, std::string where = {});

/// "12.3 s", "340 ms"
std::string length_of_time(base::Micros time);

}  // namespace penstock::coordinator
