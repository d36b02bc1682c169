/// From argv to one verb and its options. The only home of CLI11.
#pragma once

namespace penstock::tools {

/// Runs the verb and returns the exit status. A fault of usage is explained on standard error and gives 2.
int command_line(int argc, char** argv);

}  // namespace penstock::tools
