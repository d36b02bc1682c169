#!/usr/bin/env python3
"""A step of a task that never ends while its process lives and says so every 200 ms: the worker ends itself, and the job goes
on. hang_test.py PENSTOCK_FAILPOINTS"""
from recovery_test_case import RecoveryTestCase, main

HANG = {"PENSTOCK_FAILPOINTS": "task.snapshot.begun=hang@12"}  # On an executor's thread.


class Hang(RecoveryTestCase):
    count = 120_000

    def test_a_step_that_does_not_end(self):
        self.start(2)
        hanging = self.cluster.start_worker("w3", "--hung-after", "1.5", environment=HANG)
        self.cluster.await_workers("w3")
        job = self.cluster.submit(self.job_file())
        self.cluster.await_state(job, "running")
        self.assertEqual(hanging.wait(30), 1)
        self.assertRegex(hanging.log(), rf"job {job} hangs: a step of \w+-\d has not ended for 1\.5 s; this worker ends")
        self.await_restart(job)
        self.finish(job)
        self.assertEqual(self.restarts(job), 1)


if __name__ == "__main__":
    main()
