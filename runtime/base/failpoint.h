/// A named place between two steps that must survive the end of the process between them: a write, a rename, a sync, a
/// message, a change of state. Does nothing in `penstock`; `penstock_failpoints`, built for tests of the same objects,
/// links tests/support/armed_failpoints.cc in its stead, and kills or freezes itself where it is told to. Only at
/// places that are passed once per checkpoint, control message or attempt, never per row or frame. THREAD: any.
#pragma once

namespace penstock::base {

/// `name`: a literal, folder.thing.moment, the moment being what has just happened.
void failpoint(const char* name);

}  // namespace penstock::base
