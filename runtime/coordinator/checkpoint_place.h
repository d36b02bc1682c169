/// What a topology and the coordinator's options say of where checkpoints go. Pure.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>

#include "topology/plan.h"

namespace penstock::coordinator {

/// URL of the store; empty: none. The topology's word goes before the coordinator's.
std::string checkpoint_store_of(const topology::Plan& plan, const std::string& otherwise);
/// How many complete checkpoints of a job stay.
std::size_t checkpoints_to_keep(const topology::Plan& plan);
/// Name of the job's directory in the store, unique among all jobs: "clicks-3f0a...". `key`: drawn at random for it.
std::string job_identity(const std::string& name, std::uint64_t key);

}  // namespace penstock::coordinator
