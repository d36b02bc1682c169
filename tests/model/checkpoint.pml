/* The checkpoint, fencing and publish protocol, as the code does it. README.md says which function each step stands for,
 * and what is left out. One job: task 0 is a source with a sink of its own and sends each row to task 1, which is another
 * sink. Row k of a sink is its segment k, so what has been published is a number: rows 0 .. shown - 1.
 *
 * A message that was ever sent may arrive at any later time, any number of times or never: what was sent stays in `told`,
 * `begin_sent` and `publish_sent`, and what workers report is read whenever the coordinator gets to it. Every option of
 * the coordinator and of a task is one step, and a fault may come between any two.
 *
 * A worker is as much as the task that it holds. A deployment (`g`) is one placing of both tasks; its attempt is the
 * number by which everybody else knows it. They differ only where a broken variant gives an attempt twice.
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
#ifdef TWO_SINKS
#define HAS_SINK(t) true
#else
#define HAS_SINK(t) ((t) == 1)
#endif

#define BIT(n) (1 << (n))
#define HIGHEST(mask) (((mask) & 8) -> 3 : (((mask) & 4) -> 2 : (((mask) & 2) -> 1 : 0)))
#define LOWEST(mask) (((mask) & 2) -> 1 : (((mask) & 4) -> 2 : (((mask) & 8) -> 3 : 0)))
#define BELOW(epoch) (BIT(epoch) - 2)
#define AT(g, t) ((g) * 2 + (t))
/* Between two barriers there is a row, or none. */
#define ROWS(epoch) (EPOCHS > 2 && (epoch) == 2 -> 0 : 1)
#define CUT(e, t) ((e) * 2 + (t))

/* Steps of the job (runtime/coordinator/state.h), and of a part of it (proto/control.proto). */
#define kSubmitted 1
#define kRelearning 2
#define kRecovering 3
#define kAssigning 4
#define kRunning 5
#define kOver 6

#define kUnknown 0
#define kAssigned 1
#define kConnected 2
#define kReleased 3

#define kNoFile 0
#define kMarker 1
#define kFenced 2

/* --- what is durable: the coordinator's journal */
byte j_deployment;     /* The attempt; 0: the job is not known yet. */
byte j_reserved;       /* The highest epoch that may have been given. */
byte j_kept, j_shown;  /* Checkpoints that count, and those of them that are known to be published. */

/* --- what is durable: the checkpoint store */
byte manifests;
byte snapshots[2];           /* By task: epochs. */
byte cut_end[8], cut_first[8]; /* What a snapshot says: rows so far, and the first that is not known to be published. */
byte epoch_of[4];            /* Which deployment an epoch was given to. */

/* --- what is durable: beside the output */
byte staged[2 * (DEPLOYMENTS + 1)]; /* By attempt and task: rows in staged segments. */
byte marker[2 * (DEPLOYMENTS + 1)];
byte marked[2 * (DEPLOYMENTS + 1)]; /* The epoch in it. */
byte shown[2];                      /* By task: rows that are published. */

/* --- what is on its way, and what workers report */
byte told[DEPLOYMENTS + 1];     /* 1: ASSIGN, 2: CONNECT have been sent. */
byte restore[DEPLOYMENTS + 1];  /* From which checkpoint: in ASSIGN. */
byte begin_sent[DEPLOYMENTS + 1], publish_sent[DEPLOYMENTS + 1];
bool cancel_sent[DEPLOYMENTS + 1];
byte phase[2 * (DEPLOYMENTS + 1)];
byte published[2 * (DEPLOYMENTS + 1)];
byte barriers[DEPLOYMENTS + 1]; /* Frames from task 0 to task 1, each with the rows before it. */

/* --- what happened to workers */
bool gone[2 * (DEPLOYMENTS + 1)];  /* Its lease has run out: it is dead, or frozen and will wake up at any time. */
byte faults = FAULTS;     /* That may still come. */
#if ERRORS
byte mishaps = ERRORS;
#endif

/* --- the coordinator's memory, and that of its thread for checkpoints (CheckpointWork) */
byte step = kSubmitted;
byte now;                 /* The present deployment. */
byte running;             /* Cycle: the epoch that is collected or written. */
byte newest;              /* Cycle: the highest number given. */
byte writing;             /* The manifest that is waited for. */
byte kept, kept_shown;
byte to_write, written, to_remove;
bool written_well;

/* --- only for assertions */
byte deployed;            /* How many deployments there have been. */
byte given;               /* Epochs. */
byte fence[2];            /* The highest deployment that has fenced off those before it. */

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
#define LET_GO(g, t) ((g) >= now || gone[AT(g, t)] || phase[AT(g, t)] == kReleased)
#if DEPLOYMENTS > 2
#define OLD_LET_GO (LET_GO(1, 0) && LET_GO(1, 1) && LET_GO(2, 0) && LET_GO(2, 1))
#else
#define OLD_LET_GO (LET_GO(1, 0) && LET_GO(1, 1))
#endif
#define LIVE (step == kRelearning || step == kAssigning || step == kRunning)
#define REACHED(t, what) (phase[AT(now, t)] >= what && phase[AT(now, t)] != kReleased)
#define BOTH(what) (REACHED(0, what) && REACHED(1, what))
#define COUNTS (writing == written)

/* let_go(): no more than one is kept once it is published, and what has no manifest goes too. */
inline remove_older() {
  do
  :: (kept & BELOW(HIGHEST(kept))) && SHOWN(LOWEST(kept)) ->
     to_remove = to_remove | BIT(LOWEST(kept));
     kept = kept & ~BIT(LOWEST(kept));
     kept_shown = kept_shown & kept
  :: else -> break
  od
}

proctype Coordinator() {
  do
  /* The coordinator dies, its thread with it, and is started again: recall(), read_newest(). */
  :: d_step { faults && step != kOver ->
       faults--;
       running = 0; writing = 0; to_write = 0; written = 0; written_well = false;
       now = j_deployment; kept = j_kept; kept_shown = j_shown; newest = j_reserved;
       assert(kept == 0 || (manifests & BIT(HIGHEST(kept))));  /* I7 */
       to_remove = manifests & ~kept;
       step = (now == 0 -> kSubmitted : kRelearning)
     }
  :: d_step { step == kSubmitted ->
       j_deployment = 1; now = 1; deployed = 1; step = kAssigning; told[1] = 1;
#ifdef BROKEN_ATTEMPT_NOT_DURABLE
       attempt[1] = 1
#endif
     }

  /* relearn() */
  :: d_step { step == kRelearning && BOTH(kConnected) ->
       publish_sent[now] = publish_sent[now] |
           (kept && epoch_of[HIGHEST(kept)] == now -> BIT(HIGHEST(kept)) : 0);
       step = kRunning
     }
  :: d_step { step == kRelearning && BOTH(kAssigned) && !BOTH(kConnected) ->
       step = kAssigning
     }

  /* interrupt(): a part is missing when a new coordinator looks for it, or has been let go of unasked */
  :: d_step { (step == kRelearning && !BOTH(kAssigned)) ||
              (LIVE && (phase[AT(now, 0)] == kReleased || phase[AT(now, 1)] == kReleased)) ->
       cancel_sent[now] = true; step = kRecovering }
  /* lose(), interrupt(): until it is noticed, a worker that is dead or frozen is one that happens to do nothing. Whether
   * it is dead, nobody can tell: then it does nothing more, which is one of the things that a frozen one may do. */
  :: d_step { LIVE && faults -> faults--; gone[AT(now, 0)] = true; cancel_sent[now] = true; step = kRecovering }
  :: d_step { LIVE && faults -> faults--; gone[AT(now, 1)] = true; cancel_sent[now] = true; step = kRecovering }
  /* restart_where_possible(), lay_out() */
  :: d_step { step == kRecovering ->
       deployed++; assert(deployed <= DEPLOYMENTS);
#ifdef BROKEN_ATTEMPT_NOT_DURABLE
       attempt[deployed] = attempt[now] + 1;
#else
       j_deployment = deployed;
#endif
       assert(ATTEMPT(deployed) == deployed);  /* I2: no attempt is given twice. */
       now = deployed; running = 0; writing = 0; step = kAssigning;
       told[now] = 1; restore[now] = HIGHEST(kept)
     }

  /* directives.cc, take_next_step() */
  :: d_step { step == kAssigning && told[now] == 1 && BOTH(kAssigned) && OLD_LET_GO -> told[now] = 2 }
  :: d_step { step == kAssigning && BOTH(kConnected) ->  /* run(), on_restored() */
       kept_shown = kept_shown | kept; j_shown = kept_shown; step = kRunning
     }

  /* begin_if_due(), begin() */
  :: d_step { step == kRunning && running == 0 && newest < EPOCHS ->
       newest++; running = newest; epoch_of[newest] = now;
       assert(!(given & BIT(newest))); given = given | BIT(newest);
#ifndef BROKEN_EPOCH_NOT_RESERVED
       j_reserved = newest;
#endif
       begin_sent[now] = begin_sent[now] | BIT(running)
     }
  /* on_failed(): a task could not write its snapshot, or it took too long */
#if ERRORS
  :: d_step { step == kRunning && running && !writing && mishaps -> mishaps--; running = 0 }
#endif
  /* collect(), make_durable() */
  :: d_step { step == kRunning && running && !writing && !to_write &&
              (snapshots[0] & BIT(running)) && (snapshots[1] & BIT(running)) ->
       assert(cut_end[CUT(running, 0)] == cut_end[CUT(running, 1)]);  /* I3 */
#ifdef BROKEN_PUBLISH_BEFORE_MANIFEST
       publish_sent[now] = publish_sent[now] | BIT(running);
#endif
       writing = running; to_write = running
     }

#ifdef BROKEN_PUBLISH_BEFORE_JOURNAL
  :: d_step { written && written_well && COUNTS && step == kRunning && !(publish_sent[now] & BIT(written)) ->
       publish_sent[now] = publish_sent[now] | BIT(written) }
#endif
#ifdef BROKEN_REMOVE_BEFORE_JOURNAL
  :: d_step { written && written_well && COUNTS && kept -> to_remove = to_remove | kept }
#endif
  /* on_manifest_written(), complete() */
  :: d_step { written && COUNTS && written_well ->
       kept = kept | BIT(written); running = 0; writing = 0;
       remove_older();
       j_kept = kept; j_shown = kept_shown;
       publish_sent[now] = publish_sent[now] | (step == kRunning -> BIT(written) : 0);
       written = 0; written_well = false
     }
#if ERRORS
  :: d_step { written && COUNTS && !written_well -> running = 0; writing = 0; written = 0 }
#endif
  :: d_step { written && !COUNTS ->
       to_remove = to_remove | (written_well -> BIT(written) : 0);
       written = 0; written_well = false
     }

  /* I6: with all faults behind it and all numbers given, a checkpoint is complete, and all of it is published. */
  :: d_step { step == kRunning && newest == EPOCHS && !running && !written && !to_write && !to_remove &&
              BOTH(kConnected) &&
              PUBLISHED(0, HIGHEST(publish_sent[now])) && PUBLISHED(1, HIGHEST(publish_sent[now])) ->
#if EPOCHS > FAULTS + ERRORS
       assert(kept != 0);
#endif
       assert(kept == 0 || (manifests & BIT(HIGHEST(kept))));
       assert(!HAS_SINK(0) || shown[0] == cut_end[CUT(HIGHEST(kept), 0)]);
       assert(shown[1] == cut_end[CUT(HIGHEST(kept), 1)]);
       step = kOver
     } -> break
  od
}

/* CheckpointWork::work(): manifests before removals. Whether a manifest that failed is there, nobody knows. */
proctype Work() {
end:
  do
  :: d_step { to_write && !written ->
       manifests = manifests | BIT(to_write);
       written = to_write; written_well = true; to_write = 0 }
#if ERRORS
  :: d_step { to_write && !written && mishaps -> mishaps--;
       manifests = manifests | BIT(to_write); written = to_write; to_write = 0 }
  :: d_step { to_write && !written && mishaps -> mishaps--; written = to_write; to_write = 0 }
#endif
  :: d_step { !to_write && to_remove ->
       assert(!(to_remove & BIT(HIGHEST(j_kept)) & ~1));  /* I7 */
       manifests = manifests & ~to_remove;
       snapshots[0] = snapshots[0] & ~to_remove; snapshots[1] = snapshots[1] & ~to_remove; to_remove = 0 }
  od
}

#define MINE AT(ATTEMPT(g), t)
#define BEHIND(epoch) ~(BIT((epoch) + 1) - 1)
#define NEXT(mask) LOWEST((mask) & BEHIND(taken))
#define NEWEST(mask) HIGHEST((mask) & BEHIND(taken))
#define TO_PUBLISH (HAS_SINK(t) -> publish_sent[g] & BEHIND(published[AT(g, t)]) : 0)
#ifdef BROKEN_FRAMES_OF_ANY_ATTEMPT
#define FRAMES (barriers[g] | barriers[g - 1])
#else
#define FRAMES barriers[g]
#endif

/* SinkMarker::check(). I2: whoever may publish here has not been fenced off. */
inline check_marker() {
  if
#ifndef BROKEN_MARKER_UNCONDITIONAL
  :: marker[MINE] != kMarker -> is_fenced = true
#endif
  :: else -> assert(fence[t] <= g)
  fi
}

/* SegmentPublishing::give_name(), missing(): segment `i` of what attempt `owner` has staged. I1: rows come in order,
 * each once. */
inline show_segment(owner) {
  if
  :: staged[AT(owner, t)] & BIT(i) ->
     staged[AT(owner, t)] = staged[AT(owner, t)] & ~BIT(i);
     assert(i == shown[t]);
     shown[t]++
  :: else ->
     if
     :: i < shown[t]
     :: else ->
        assert(marker[MINE] != kMarker);  /* segment_lost */
        is_fenced = true
     fi
  fi;
  i++
}

/* Chain::take_snapshot(), CheckpointDesk::write(): rows since the last barrier are one segment, which is made durable
 * before the snapshot that lists it; without rows there is none. */
inline take_snapshot() {
  end_of = end_of + ROWS(taken);
  cut_first[CUT(taken, t)] = first; cut_end[CUT(taken, t)] = end_of;
#ifdef BROKEN_SNAPSHOT_BEFORE_SEGMENT
  to_stage = to_stage | (HAS_SINK(t) && ROWS(taken) -> BIT(end_of - 1) : 0);
#else
  staged[MINE] = staged[MINE] | (HAS_SINK(t) && ROWS(taken) -> BIT(end_of - 1) : 0);
#endif
  snapshots[t] = snapshots[t] | BIT(taken)
}

inline begin_publishing() {
  i = first;
  if
  :: i < cut_end[CUT(publishing, t)] -> check_marker()
  :: else
  fi
}

/* SinkMarker::advance(). I1: forward only, and only over what is complete. */
inline advance_marker(epoch) {
  assert(epoch > marked[MINE] && epoch <= HIGHEST(j_kept));
  marked[MINE] = epoch
}

proctype Task(byte g; byte t) {
  byte first, end_of, i;    /* Rows: not known to be published, so far, at work on. */
  byte taken, publishing;   /* The newest barrier; the epoch up to which the blocking thread publishes. */
  bool is_fenced;
#ifdef BROKEN_SNAPSHOT_BEFORE_SEGMENT
  byte to_stage;
#endif
  {
    /* ASSIGN: HostedJob::build(), RestoredJob::load() */
end_awaiting_assign:
    do
    :: d_step { told[g] >= 1 && !cancel_sent[g] ->
         if
         :: restore[g] ->
            assert(manifests & BIT(restore[g]));  /* I7 */
            assert(snapshots[t] & BIT(restore[g]));
            assert(cut_end[CUT(restore[g], 0)] == cut_end[CUT(restore[g], 1)]);  /* I3 */
            end_of = cut_end[CUT(restore[g], t)];
            first = cut_first[CUT(restore[g], t)]
         :: else
         fi;
         phase[AT(g, t)] = kAssigned } -> break
    :: cancel_sent[g] -> goto released  /* Agent: an ASSIGN that comes later finds the attempt over. */
    od;

    /* CONNECT: StagedSegments::open(). SinkMarker::fence(): the own one is there before others are looked for. */
end_awaiting_connect:
    if
#ifndef BROKEN_LOOKS_BEFORE_IT_MARKS
    :: d_step { told[g] >= 2 && HAS_SINK(t) -> marker[MINE] = kMarker }
#else
    :: told[g] >= 2 && HAS_SINK(t)
#endif
    :: d_step { told[g] >= 2 && !HAS_SINK(t) -> phase[AT(g, t)] = kConnected } -> goto end_running
    :: cancel_sent[g] -> goto released
    fi;
    d_step {
      i = 1;
      do
      :: i <= DEPLOYMENTS ->
         if
         :: i > ATTEMPT(g) && marker[AT(i, t)] != kNoFile -> is_fenced = true
         :: i < ATTEMPT(g) && marker[AT(i, t)] == kMarker -> marker[AT(i, t)] = kFenced
         :: else
         fi;
         i++
      :: else -> break
      od;
      i = first;
      if
      :: is_fenced -> marker[MINE] = kNoFile
      :: else -> fence[t] = (fence[t] < g -> g : fence[t])
      fi
    };
#ifdef BROKEN_LOOKS_BEFORE_IT_MARKS
    marker[MINE] = kMarker;
#endif
    /* recover(): shows what the checkpoint lists */
    do
    :: d_step { !is_fenced && first < end_of && !publishing -> publishing = restore[g]; check_marker() }
    :: d_step { !is_fenced && publishing && i < end_of -> show_segment(ATTEMPT(epoch_of[restore[g]])) }
    :: d_step { !is_fenced && publishing && i == end_of -> advance_marker(restore[g]); first = end_of; publishing = 0 }
    :: is_fenced -> goto released
    :: d_step { !is_fenced && first == end_of ->  /* forget_fenced(), sweep() */
         i = 1;
         do
         :: i < ATTEMPT(g) ->
            if
            :: marker[AT(i, t)] == kFenced -> marker[AT(i, t)] = kNoFile; marked[AT(i, t)] = 0
            :: else
            fi;
            staged[AT(i, t)] = 0;
            i++
         :: else -> break
         od;
         i = 0;
         phase[AT(g, t)] = kConnected } -> break
    od;

    /* START, and then: */
end_running:
    do
    /* CHECKPOINT at a source: rows since the last barrier are one segment, or none. Chain::take_snapshot() */
    :: d_step { t == 0 && !publishing && NEXT(begin_sent[g]) -> taken = NEXT(begin_sent[g]); barriers[g] = barriers[g] | BIT(taken); take_snapshot() }
    :: d_step { t == 0 && !publishing && NEXT(begin_sent[g]) != NEWEST(begin_sent[g]) ->
         taken = NEWEST(begin_sent[g]); barriers[g] = barriers[g] | BIT(taken); take_snapshot() }
    /* The barrier arrives: InputGate::hold(). A frame of another attempt is dropped: Switchboard. */
    :: d_step { t == 1 && !publishing && NEXT(FRAMES) ->
         taken = NEXT(FRAMES);
         take_snapshot() }

#ifdef BROKEN_SNAPSHOT_BEFORE_SEGMENT
    :: d_step { to_stage -> staged[MINE] = staged[MINE] | to_stage; to_stage = 0 }
#endif

    /* PUBLISH: SnapshotWork::publish(), SegmentPublishing::run(), on the blocking thread */
    :: d_step { !publishing && TO_PUBLISH -> publishing = LOWEST(TO_PUBLISH); begin_publishing() }
    :: d_step { !publishing && LOWEST(TO_PUBLISH) != HIGHEST(TO_PUBLISH) ->
         publishing = HIGHEST(TO_PUBLISH); begin_publishing() }
    :: d_step { !is_fenced && publishing && i < cut_end[CUT(publishing, t)] -> show_segment(ATTEMPT(g)) }
    :: d_step { !is_fenced && publishing && i >= cut_end[CUT(publishing, t)] ->
         if
         :: first < i -> advance_marker(publishing); first = i
         :: else
         fi;
         published[AT(g, t)] = publishing; publishing = 0; i = 0 }
    :: is_fenced -> break

    :: cancel_sent[g] && !publishing -> break
    od;
released:
    skip
  } unless { step == kOver || (cancel_sent[g] && (!gone[AT(g, t)] || !HAS_SINK(t))) };
  d_step {
    first = 0; end_of = 0; i = 0; taken = 0; publishing = 0; is_fenced = false;
    phase[AT(g, t)] = kReleased; published[AT(g, t)] = 0;
    if
    :: phase[AT(g, 1 - t)] == kReleased ->
       told[g] = 0; restore[g] = 0; begin_sent[g] = 0; publish_sent[g] = 0;
#ifndef BROKEN_FRAMES_OF_ANY_ATTEMPT
       barriers[g] = 0
#endif
    :: else
    fi
  }
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
