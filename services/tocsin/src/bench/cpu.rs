//! CPU time from `/proc`: of this process with all its threads, of the nats-server, and of the load's thread alone.

use std::time::Duration;

use anyhow::Context;

/// Ticks a second in `/proc/<pid>/stat`: Linux fixes it at 100 for user space on every machine this builds for.
const TICKS_PER_S: f64 = 100.0;

/// CPU used since the start.
#[derive(Clone, Copy, Debug)]
pub struct Cpu {
    /// By this process: services and load.
    pub own: Duration,
    /// By the nats-server.
    pub nats: Duration,
    /// By the calling thread, which is in `own` too.
    pub load: Duration,
}

impl Cpu {
    /// Reads it; call it on the load's thread.
    pub fn now(nats_pid: u32) -> anyhow::Result<Self> {
        Ok(Cpu { own: of_process("self")?, nats: of_process(&nats_pid.to_string())?, load: of_this_thread()? })
    }

    /// What was used since `earlier`.
    pub fn since(&self, earlier: &Cpu) -> Cpu {
        Cpu { own: self.own - earlier.own, nats: self.nats - earlier.nats, load: self.load - earlier.load }
    }

    /// Of services and nats-server, without the load.
    pub fn of_services(&self) -> Duration {
        self.own.saturating_sub(self.load) + self.nats
    }
}

fn of_process(pid: &str) -> anyhow::Result<Duration> {
    let file = format!("/proc/{pid}/stat");
    let text = std::fs::read_to_string(&file).with_context(|| format!("reading {file}"))?;
    // The second field is a name in parentheses that may hold anything; utime and stime are the 14th and 15th.
    let after = text.rsplit_once(')').map(|(_, rest)| rest).context("a stat file without a name")?;
    let ticks = after.split_ascii_whitespace().skip(11).take(2).map(str::parse::<u64>).sum::<Result<u64, _>>()?;
    Ok(Duration::from_secs_f64(ticks as f64 / TICKS_PER_S))
}

/// Of the calling thread alone, to the tick of the scheduler (some milliseconds).
pub fn of_this_thread() -> anyhow::Result<Duration> {
    let text = std::fs::read_to_string("/proc/thread-self/schedstat").context("reading this thread's schedstat")?;
    let nanos = text.split_ascii_whitespace().next().context("an empty schedstat")?;
    Ok(Duration::from_nanos(nanos.parse()?))
}
