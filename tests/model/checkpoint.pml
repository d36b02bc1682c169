/* The checkpoint, fencing and publish protocol, as the code does it. README.md says which function each step stands for,
 * what is left out, and where steps are joined. One job: task 0 is a source and
 * sends each row to task 1, which is a sink; with TWO_SINKS task 0 has a sink of its own too. Row k of a sink is its
 * segment k, so what has been published is a number: rows 0 .. shown - 1.
 *
 * A message that was ever sent may arrive at any later time or never, and what workers report is read whenever the
 * coordinator gets to it. Every option of the coordinator and of a task is one step, and a fault may come between any two.
 *
 * A worker is as much as the task that it holds. A deployment (`g`) is one placing of both tasks; its attempt is the
 * number by which everybody else knows it. They differ only where a broken variant gives an attempt twice.
 *
 * What can no longer be seen by anybody is set to 0, so that states that differ in nothing else are one state.
 */

#ifndef EPOCHS
#define EPOCHS 3
#endif
#ifndef FAULTS
#define FAULTS 2
#endif
#ifndef ERRORS
#define ERRORS 1
#endif
#define DEPLOYMENTS (FAULTS + 1)
#define PARTS (2 * (DEPLOYMENTS + 1))
#ifdef TWO_SINKS
#define HAS_SINK(t) true
#else
#define HAS_SINK(t) ((t) == 1)
#endif

#define BIT(n) (1 << (n))
#define HIGHEST(mask) (((mask) & 8) -> 3 : (((mask) & 4) -> 2 : (((mask) & 2) -> 1 : 0)))
#define LOWEST(mask) (((mask) & 2) -> 1 : (((mask) & 4) -> 2 : (((mask) & 8) -> 3 : 0)))
#define BELOW(epoch) (BIT(epoch) - 2)
#define BEHIND(epoch) ~(BIT((epoch) + 1) - 1)
#define AT(g, t) ((g) * 2 + (t))
/* Between two barriers there is a row, or none. */
#define ROWS(epoch) (EPOCHS > 2 && (epoch) == 2 -> 0 : 1)
#define CUT(e, t) ((e) * 2 + (t))

/* Steps of the job (runtime/coordinator/state.h). */
#define kSubmitted 1
#define kRelearning 2
#define kRecovering 3
#define kAssigning 4
#define kRunning 5
#define kOver 6

/* Where a part of it is (proto/control.proto); between kAssigned and kConnected it reports the former. */
#define kUnknown 0
#define kAssigned 1
#define kMarked 2   /* Its sink has a marker, and has not looked for others yet. */
#define kShowing 3  /* It has fenced off those before it, and shows what the checkpoint lists. */
#define kConnected 4
#define kReleased 5

#define kNoFile 0
#define kMarker 1
#define kFenced 2

/* --- what is durable: the coordinator's journal */
byte j_deployment;     /* The attempt; 0: the job is not known yet. */
byte j_reserved;       /* The highest epoch that may have been given. */
byte j_kept, j_shown;  /* Checkpoints that count, and those of them that are known to be published. */

/* --- what is durable: the checkpoint store */
byte manifests;
byte snapshots[2];             /* By task: epochs. */
byte cut_end[8], cut_first[8]; /* What a snapshot says: rows so far, and the first that is not known to be published. */
byte epoch_of[4];              /* Which deployment an epoch was given to. */

/* --- what is durable: beside the output */
byte staged[PARTS]; /* Rows in staged segments. */
byte marker[PARTS];
byte marked[PARTS]; /* The epoch in it. */
byte shown[2];      /* By task: rows that are published. */

/* --- what is on its way: to the present deployment, to one, to a sink */
byte told;     /* 1: ASSIGN, 2: CONNECT have been sent. */
byte restore;  /* From which checkpoint: in ASSIGN. */
byte begin_sent[DEPLOYMENTS + 1];
byte barriers[DEPLOYMENTS + 1]; /* Frames from task 0 to task 1, each with the rows before it. */
byte to_publish[PARTS];

/* --- the workers' memory, by part */
byte phase[PARTS];
bool gone[PARTS];                /* Its lease has run out: it is dead, or frozen and will wake up at any time. */
bool leaving[PARTS];             /* CANCEL has been sent to it. */
byte from[PARTS];                /* The checkpoint that it was restored from, until all of that is published. */
byte first[PARTS], end_of[PARTS], at[PARTS]; /* Rows: not known to be published, so far, at work on. */
byte publishing[PARTS];          /* The epoch up to which the blocking thread publishes. */
byte published[PARTS];
#ifdef BROKEN_SNAPSHOT_BEFORE_SEGMENT
byte to_stage[PARTS];
#endif

byte faults = FAULTS;     /* That may still come. */
#if ERRORS
byte mishaps = ERRORS;
#endif

/* --- the coordinator's memory, and that of its thread for checkpoints (CheckpointWork) */
byte step = kSubmitted;
byte now;                 /* The present deployment. */
byte running;             /* Cycle: the epoch that is collected or written. */
byte newest;              /* Cycle: the highest number given. */
byte kept, kept_shown;
byte to_write, written, to_remove;
bool written_well;

/* --- only for assertions */
byte deployed;            /* How many deployments there have been. */
byte given;               /* Epochs. */
byte fence[2];            /* The highest deployment that has fenced off those before it. */

byte k;                   /* Counts within one step. */

#ifdef BROKEN_ATTEMPT_NOT_DURABLE
byte attempt[DEPLOYMENTS + 1];
#define ATTEMPT(g) attempt[g]
#else
#define ATTEMPT(g) (g)
#endif

/* Published by every sink (summary_of), or taken over by a deployment that runs (on_restored). */
#define PUBLISHED(t, e) (!HAS_SINK(t) || published[AT(now, t)] >= (e))
#define SHOWN(e) ((kept_shown & BIT(e)) || \
                  (epoch_of[e] == now && PUBLISHED(0, e) && PUBLISHED(1, e)))
#define LIVE (step == kRelearning || step == kAssigning || step == kRunning)
#define REACHED(t, what) (phase[AT(now, t)] >= what && phase[AT(now, t)] != kReleased)
#define BOTH(what) (REACHED(0, what) && REACHED(1, what))
#define COLLECTED ((snapshots[0] & BIT(running)) && (snapshots[1] & BIT(running)))
#if DEPLOYMENTS > 2
#define OLD_LET_GO ((now < 2 || !(leaving[AT(1, 0)] || leaving[AT(1, 1)])) && \
                    (now < 3 || !(leaving[AT(2, 0)] || leaving[AT(2, 1)])))
#else
#define OLD_LET_GO (now < 2 || !(leaving[AT(1, 0)] || leaving[AT(1, 1)]))
#endif
#define PUBLISHES(t) (to_publish[AT(now, t)] || publishing[AT(now, t)])
#define COUNTS (running == written)

/* Nothing of this part does anything any more. */
inline release(part) {
  phase[part] = kReleased; gone[part] = false; leaving[part] = false;
  from[part] = 0; first[part] = 0; end_of[part] = 0; at[part] = 0;
  to_publish[part] = 0; publishing[part] = 0; published[part] = 0;
  begin_sent[(part) / 2] = ((part) % 2 -> begin_sent[(part) / 2] : 0)
#ifndef BROKEN_FRAMES_OF_ANY_ATTEMPT
  ; barriers[(part) / 2] = ((part) % 2 -> 0 : barriers[(part) / 2])
#endif
#ifdef BROKEN_SNAPSHOT_BEFORE_SEGMENT
  ; to_stage[part] = 0
#endif
}

/* An epoch that is given up: nobody reads what its snapshots say. */
inline give_up(epoch) {
  snapshots[0] = snapshots[0] & ~BIT(epoch); snapshots[1] = snapshots[1] & ~BIT(epoch);
  cut_end[CUT(epoch, 0)] = 0; cut_end[CUT(epoch, 1)] = 0;
  cut_first[CUT(epoch, 0)] = 0; cut_first[CUT(epoch, 1)] = 0;
  epoch_of[epoch] = 0
}

/* complete(), let_go(): no more than one is kept once it is published, and what has no manifest goes too. */
inline keep(epoch) {
  kept = kept | BIT(epoch);
  do
  :: (kept & BELOW(HIGHEST(kept))) && SHOWN(LOWEST(kept)) ->
     to_remove = to_remove | BIT(LOWEST(kept));
     kept = kept & ~BIT(LOWEST(kept))
  :: else -> break
  od;
  kept_shown = kept_shown & kept;
  j_kept = kept; j_shown = kept_shown
}

/* on_restored(): what is kept of earlier attempts has been published. */
inline count_as_published() {
  k = 1;
  do
  :: k <= EPOCHS -> kept_shown = kept_shown | ((kept & BIT(k)) && epoch_of[k] < now -> BIT(k) : 0); k++
  :: else -> k = 0; break
  od;
  j_shown = kept_shown
}

inline send_publish(epoch) {
  to_publish[AT(now, 0)] = to_publish[AT(now, 0)] | (PUBLISHED(0, epoch) -> 0 : BIT(epoch));
  to_publish[AT(now, 1)] = to_publish[AT(now, 1)] | (PUBLISHED(1, epoch) -> 0 : BIT(epoch))
}

/* Without a sink, or as long as it has not been told to open it, a part does nothing that anybody sees. */
#define SEEN(part, t) (HAS_SINK(t) && phase[part] != kReleased && \
                       (phase[part] > kAssigned || (phase[part] == kAssigned && told == 2)))

inline interrupt() {
  k = 0;
  do
  :: k < 2 ->
     if
     :: gone[AT(now, k)]
     :: !gone[AT(now, k)] && SEEN(AT(now, k), k) -> leaving[AT(now, k)] = true
     :: else -> release(AT(now, k))
     fi;
     k++
  :: else -> break
  od;
  k = 0;
  told = 0; restore = 0;
  step = kRecovering
}

/* lose(): until it is noticed, a worker that is dead or frozen is one that happens to do nothing. Whether it is dead,
 * nobody can tell: then it does nothing more, which is one of the things that a frozen one may do. It is no longer waited
 * for to let go of older parts either. */
inline lose(t) {
  k = 1;
  do
  :: k < now ->
     gone[AT(k, t)] = gone[AT(k, t)] || leaving[AT(k, t)];
     leaving[AT(k, t)] = false;
     k++
  :: else -> break
  od;
  k = 0;
  gone[AT(now, t)] = SEEN(AT(now, t), t);
  leaving[AT(now, t)] = false;
  if
  :: running && running != written && running != to_write -> give_up(running); running = 0
  :: else
  fi
}

proctype Coordinator() {
  do
  /* The coordinator dies, its thread with it, and is started again: recall(), read_newest(). */
  :: atomic { faults && step != kOver ->
       faults--;
       if
       :: running -> give_up(running)
       :: else
       fi;
       running = 0; to_write = 0; written = 0; written_well = false;
       now = j_deployment; kept = j_kept; kept_shown = j_shown; newest = j_reserved;
       assert(kept == 0 || (manifests & BIT(HIGHEST(kept))));  /* I7 */
       to_remove = manifests & ~kept;
       step = (now == 0 -> kSubmitted : kRelearning)
     }
  :: atomic { step == kSubmitted ->
       j_deployment = 1; now = 1; deployed = 1; step = kAssigning; told = 1;
#ifdef BROKEN_ATTEMPT_NOT_DURABLE
       attempt[1] = 1
#endif
     }

  /* relearn() */
  :: atomic { step == kRelearning && BOTH(kConnected) ->
#ifndef BROKEN_RELEARNED_NOT_RESTORED
       count_as_published();
#endif
       if
       :: kept && epoch_of[HIGHEST(kept)] == now -> send_publish(HIGHEST(kept))
       :: else
       fi;
       step = kRunning
     }
  :: atomic { step == kRelearning && BOTH(kAssigned) && !BOTH(kConnected) -> step = kAssigning }

  /* A worker is lost; or a part is missing when a new coordinator looks for it, or has been let go of unasked. */
  :: atomic {
       if
       :: LIVE && faults -> faults--; lose(0)
       :: LIVE && faults -> faults--; lose(1)
       :: (step == kRelearning && !BOTH(kAssigned)) ||
          (LIVE && (phase[AT(now, 0)] == kReleased || phase[AT(now, 1)] == kReleased))
       fi;
       interrupt()
     }
  /* restart_where_possible(), lay_out() */
  :: atomic { step == kRecovering ->
       deployed++; assert(deployed <= DEPLOYMENTS);
#ifdef BROKEN_ATTEMPT_NOT_DURABLE
       attempt[deployed] = attempt[now] + 1;
#else
       j_deployment = deployed;
#endif
       assert(ATTEMPT(deployed) == deployed);  /* I2: no attempt is given twice. */
       if
       :: running -> give_up(running)
       :: else
       fi;
       now = deployed; running = 0; step = kAssigning;
       told = 1; restore = HIGHEST(kept)
     }

  /* directives.cc, take_next_step() */
  :: atomic { step == kAssigning && told == 1 && BOTH(kAssigned) && OLD_LET_GO -> told = 2 }
  :: atomic { step == kAssigning && BOTH(kConnected) -> count_as_published(); step = kRunning }  /* run() */

  /* begin_if_due(), begin() */
  :: atomic { step == kRunning && running == 0 && newest < EPOCHS ->
       newest++; running = newest; epoch_of[newest] = now;
       assert(!(given & BIT(newest))); given = given | BIT(newest);
#ifndef BROKEN_EPOCH_NOT_RESERVED
       j_reserved = newest;
#endif
       begin_sent[now] = begin_sent[now] | BIT(running)
     }
  /* on_failed(): a task could not write its snapshot, or it took too long */
#if ERRORS
  :: atomic { step == kRunning && running && running != to_write && !COUNTS && mishaps ->
       mishaps--; give_up(running); running = 0 }
#endif
#ifdef BROKEN_PUBLISH_BEFORE_MANIFEST
  :: atomic { step == kRunning && to_write && to_write == running && !(to_publish[AT(now, 1)] & BIT(running)) ->
       send_publish(running) }
#endif
  /* collect(), make_durable() */
  :: atomic { step == kRunning && running && !to_write && !COUNTS && COLLECTED ->
       assert(cut_end[CUT(running, 0)] == cut_end[CUT(running, 1)]);  /* I3 */
       to_write = running
     }

#ifdef BROKEN_PUBLISH_BEFORE_JOURNAL
  :: atomic { written && written_well && COUNTS && step == kRunning &&
              !(to_publish[AT(now, 1)] & BIT(written)) ->
       send_publish(written) }
#endif
#ifdef BROKEN_REMOVE_BEFORE_JOURNAL
  :: atomic { written && written_well && COUNTS && (kept & ~to_remove) -> to_remove = to_remove | kept }
#endif
  /* on_manifest_written(), complete() */
  :: atomic { written && COUNTS && written_well ->
       keep(written);
       if
       :: step == kRunning -> send_publish(written)
       :: else
       fi;
       running = 0; written = 0; written_well = false
     }
#if ERRORS
  :: atomic { written && COUNTS && !written_well -> give_up(running); running = 0; written = 0 }
#endif
  :: atomic { written && !COUNTS ->
       to_remove = to_remove | (written_well -> BIT(written) : 0);
       written = 0; written_well = false
     }

  /* I6: with all faults behind it and all numbers given, a checkpoint is complete, and all of it is published. */
  :: atomic { step == kRunning && newest == EPOCHS && !running && !written && !to_write && !to_remove &&
              BOTH(kConnected) && !PUBLISHES(0) && !PUBLISHES(1) ->
#if EPOCHS > FAULTS + ERRORS
       assert(kept != 0);
#endif
       assert(kept == 0 || (manifests & BIT(HIGHEST(kept))));
       assert(!HAS_SINK(0) || shown[0] == cut_end[CUT(HIGHEST(kept), 0)]);
       assert(shown[1] == cut_end[CUT(HIGHEST(kept), 1)]);
       /* All that is kept is known to be published: none stays for ever. */
       assert(kept == 0 || SHOWN(LOWEST(kept)));
       step = kOver
     } -> break
  od
}

/* CheckpointWork::work(): manifests before removals. Whether a manifest that failed is there, nobody knows. */
proctype Work() provided (step != kOver) {
end:
  do
  :: atomic { to_write && !written ->
       manifests = manifests | BIT(to_write);
       written = to_write; written_well = true; to_write = 0 }
#if ERRORS
  :: atomic { to_write && !written && mishaps -> mishaps--;
       manifests = manifests | BIT(to_write); written = to_write; to_write = 0 }
  :: atomic { to_write && !written && mishaps -> mishaps--; written = to_write; to_write = 0 }
#endif
  :: atomic { !to_write && to_remove ->
       assert(!(to_remove & BIT(HIGHEST(j_kept)) & ~1));  /* I7 */
       manifests = manifests & ~to_remove;
       snapshots[0] = snapshots[0] & ~to_remove; snapshots[1] = snapshots[1] & ~to_remove; to_remove = 0 }
  od
}

#define MINE AT(ATTEMPT(g), t)
#define ME AT(g, t)

#ifdef BROKEN_FRAMES_OF_ANY_ATTEMPT
#define FRAMES (barriers[g] | barriers[g - 1])
#else
#define FRAMES barriers[g]
#endif

/* SinkMarker::check(). I2: whoever may publish here has not been fenced off. */
inline check_marker() {
  if
#ifndef BROKEN_MARKER_UNCONDITIONAL
  :: marker[MINE] != kMarker -> release(ME)
#endif
  :: else -> assert(fence[t] <= g)
  fi
}

/* SegmentPublishing::give_name(), missing(): the next segment of what attempt `owner` has staged. I1: rows come in
 * order, each once. */
inline show_segment(owner) {
  if
  :: staged[AT(owner, t)] & BIT(at[ME]) ->
     staged[AT(owner, t)] = staged[AT(owner, t)] & ~BIT(at[ME]);
     assert(at[ME] == shown[t]);
     shown[t]++;
     at[ME]++
  :: else ->
     assert(at[ME] < shown[t]);  /* segment_lost */
     at[ME]++
  fi
}

/* Chain::take_snapshot(), CheckpointDesk::write(): rows since the last barrier are one segment, which is made durable
 * before the snapshot that lists it; without rows there is none. */
inline take_snapshot(epoch) {
  end_of[ME] = end_of[ME] + ROWS(epoch);
#ifdef BROKEN_SNAPSHOT_BEFORE_SEGMENT
  to_stage[ME] = to_stage[ME] | (HAS_SINK(t) && ROWS(epoch) -> BIT(end_of[ME] - 1) : 0);
#else
  staged[MINE] = staged[MINE] | (HAS_SINK(t) && ROWS(epoch) -> BIT(end_of[ME] - 1) : 0);
#endif
  if
  :: epoch == running ->
     cut_first[CUT(epoch, t)] = first[ME]; cut_end[CUT(epoch, t)] = end_of[ME];
     snapshots[t] = snapshots[t] | BIT(epoch)
  :: else  /* Nobody waits for it any more. */
  fi
}

/* CHECKPOINT at a source */
inline begin_snapshot(epoch) {
  k = epoch;
  begin_sent[g] = begin_sent[g] & BEHIND(k); barriers[g] = barriers[g] | BIT(k);
  take_snapshot(k);
  k = 0
}

inline begin_publishing(epoch) {
  publishing[ME] = epoch;
  at[ME] = first[ME];
  if
  :: at[ME] < cut_end[CUT(publishing[ME], t)] -> check_marker()
  :: else
  fi
}

/* SinkMarker::advance(). I1: forward only, and only over what is complete. */
inline advance_marker(epoch) {
  assert(epoch > marked[MINE] && epoch <= HIGHEST(j_kept));
  marked[MINE] = (marker[MINE] == kMarker -> epoch : 0)
}

/* SinkMarker::fence(): looks for others. */
inline fence_others() {
  bool is_fenced = false;
  k = 1;
  do
  :: k <= DEPLOYMENTS ->
     if
     :: k > ATTEMPT(g) && marker[AT(k, t)] != kNoFile -> is_fenced = true
     :: k < ATTEMPT(g) && marker[AT(k, t)] == kMarker -> marker[AT(k, t)] = kFenced; marked[AT(k, t)] = 0
     :: else
     fi;
     k++
  :: else -> break
  od;
  if
  :: is_fenced -> marker[MINE] = kNoFile; release(ME); is_fenced = false
  :: else ->
     fence[t] = (fence[t] < g -> g : fence[t]);
     phase[ME] = kShowing; at[ME] = first[ME]
  fi;
  k = 0
}

/* forget_fenced(), sweep() */
inline sweep() {
  k = 1;
  do
  :: k < ATTEMPT(g) ->
     if
     :: marker[AT(k, t)] == kFenced -> marker[AT(k, t)] = kNoFile; marked[AT(k, t)] = 0
     :: else
     fi;
     staged[AT(k, t)] = 0;
     k++
  :: else -> break
  od;
  k = 0;
  first[ME] = end_of[ME]; at[ME] = 0; from[ME] = 0; publishing[ME] = 0; phase[ME] = kConnected
}

proctype Task(byte g; byte t) provided (step != kOver) {
end:
  do
  /* ASSIGN: HostedJob::build(), RestoredJob::load() */
  :: atomic { g == now && told >= 1 && phase[ME] == kUnknown ->
       if
       :: restore ->
          assert(manifests & BIT(restore));  /* I7 */
          assert(snapshots[t] & BIT(restore));
          assert(cut_end[CUT(restore, 0)] == cut_end[CUT(restore, 1)]);  /* I3 */
          end_of[ME] = cut_end[CUT(restore, t)];
          first[ME] = cut_first[CUT(restore, t)];
          from[ME] = (HAS_SINK(t) -> restore : 0)
       :: else
       fi;
       phase[ME] = kAssigned }

  /* CONNECT: StagedSegments::open(). SinkMarker::fence(): the own one is there before others are looked for. */
  :: atomic { g == now && told == 2 && phase[ME] == kAssigned && !HAS_SINK(t) -> phase[ME] = kConnected }
#ifndef BROKEN_LOOKS_BEFORE_IT_MARKS
  :: atomic { (gone[ME] || leaving[ME] || (g == now && told == 2)) && phase[ME] == kAssigned && HAS_SINK(t) ->
       marker[MINE] = kMarker; phase[ME] = kMarked }
  :: atomic { phase[ME] == kMarked -> fence_others() }
#else
  :: atomic { (gone[ME] || leaving[ME] || (g == now && told == 2)) && phase[ME] == kAssigned && HAS_SINK(t) ->
       fence_others();
       phase[ME] = (phase[ME] == kShowing -> kMarked : phase[ME]) }
  :: atomic { phase[ME] == kMarked -> marker[MINE] = kMarker; phase[ME] = kShowing }
#endif
  /* recover(): shows what the checkpoint lists */
  :: atomic { phase[ME] == kShowing && first[ME] < end_of[ME] && !publishing[ME] ->
       publishing[ME] = from[ME]; check_marker() }
  :: atomic { phase[ME] == kShowing && publishing[ME] && at[ME] < end_of[ME] ->
       show_segment(ATTEMPT(epoch_of[from[ME]])) }
  :: atomic { phase[ME] == kShowing && at[ME] == end_of[ME] ->
       if
       :: publishing[ME] -> advance_marker(from[ME])
       :: else
       fi;
       sweep() }

  /* START, and then: CHECKPOINT at a source */
  :: atomic { t == 0 && phase[ME] == kConnected && !publishing[ME] && begin_sent[g] ->
       begin_snapshot(LOWEST(begin_sent[g])) }
  :: atomic { t == 0 && phase[ME] == kConnected && !publishing[ME] && LOWEST(begin_sent[g]) != HIGHEST(begin_sent[g]) ->
       begin_snapshot(HIGHEST(begin_sent[g])) }
  /* The barrier arrives: InputGate::hold(). A frame of another attempt is dropped: Switchboard. */
  :: atomic { t == 1 && phase[ME] == kConnected && !publishing[ME] && FRAMES ->
       k = LOWEST(FRAMES);
       barriers[g] = barriers[g] & ~BIT(k);
#ifdef BROKEN_FRAMES_OF_ANY_ATTEMPT
       barriers[g - 1] = barriers[g - 1] & ~BIT(k);
#endif
       take_snapshot(k);
       k = 0 }
#ifdef BROKEN_SNAPSHOT_BEFORE_SEGMENT
  :: atomic { to_stage[ME] -> staged[MINE] = staged[MINE] | to_stage[ME]; to_stage[ME] = 0 }
#endif

  /* PUBLISH: SnapshotWork::publish(), SegmentPublishing::run(), on the blocking thread */
  :: atomic { phase[ME] == kConnected && !publishing[ME] && to_publish[ME] -> begin_publishing(LOWEST(to_publish[ME])) }
  :: atomic { phase[ME] == kConnected && !publishing[ME] && LOWEST(to_publish[ME]) != HIGHEST(to_publish[ME]) ->
       begin_publishing(HIGHEST(to_publish[ME])) }
  :: atomic { phase[ME] == kConnected && publishing[ME] && at[ME] < cut_end[CUT(publishing[ME], t)] ->
       show_segment(ATTEMPT(g)) }
  :: atomic { phase[ME] == kConnected && publishing[ME] && at[ME] >= cut_end[CUT(publishing[ME], t)] ->
       if
       :: first[ME] < at[ME] -> advance_marker(publishing[ME]); first[ME] = at[ME]
       :: else
       fi;
       published[ME] = publishing[ME];
       to_publish[ME] = to_publish[ME] & BEHIND(publishing[ME]);
       publishing[ME] = 0; at[ME] = 0 }

  /* CANCEL */
  :: atomic { leaving[ME] -> release(ME) }
  od
}

init {
  atomic {
    byte g = 1;
    do
    :: g <= DEPLOYMENTS -> run Task(g, 0); run Task(g, 1); g++
    :: else -> break
    od;
    run Work(); run Coordinator()
  }
}
