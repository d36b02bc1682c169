/// From an Assignment, as it came over the wire, to what a run is built from. Pure but for the tables that came along.
#pragma once

#include <memory>
#include <string>

#include "proto/control.pb.h"
#include "runtime/base/error.h"
#include "runtime/worker/shipped_tables.h"
#include "runtime/worker/wiring.h"
#include "topology/plan.h"

namespace penstock::worker {

/// Plans the shipped text as the coordinator did. Relative paths start where the submitter stood; tables that came
/// along are kept in `tables`, which must outlive the plan's use.
base::Result<std::unique_ptr<topology::Plan>> assigned_plan(const proto::Assignment& assignment, ShippedTables& tables);

/// The homes of all tasks, numbered as every worker of the job numbers them. An error where the assignment does not fit
/// the plan.
base::Result<JobPlace> assigned_place(const proto::Assignment& assignment, const topology::Plan& plan);

}  // namespace penstock::worker
