// Makes a program's own time run faster: with LD_PRELOAD, each of its seconds is 1/FAST_CLOCK of the world's. What it
// waits in poll() and CLOCK_BOOTTIME, by which ours decide when to do what, are scaled. CLOCK_MONOTONIC, by which libcurl
// and libevent's loop go, only with FAST_CLOCK_REQUESTS: a machine that is busy should not look like an engine that is
// dead. The clock on the wall is left alone.
#define _GNU_SOURCE
#include <dlfcn.h>
#include <math.h>
#include <poll.h>
#include <stdlib.h>
#include <sys/timerfd.h>
#include <time.h>

static const clockid_t clocks[] = {CLOCK_BOOTTIME, CLOCK_MONOTONIC, CLOCK_MONOTONIC_RAW, CLOCK_MONOTONIC_COARSE};
enum { clocks_max = sizeof clocks / sizeof *clocks };

static int clock_count = 1;
static double speed = 1;
static double origins[clocks_max];
static int (*real_gettime)(clockid_t, struct timespec *);
static int (*real_poll)(struct pollfd *, nfds_t, int);
static int (*real_settime)(int, int, const struct itimerspec *, struct itimerspec *);

static double seconds(const struct timespec *time) { return (double)time->tv_sec + (double)time->tv_nsec * 1e-9; }

__attribute__((constructor)) static void start(void) {
  const char *text = getenv("FAST_CLOCK");
  struct timespec now;
  real_gettime = (int (*)(clockid_t, struct timespec *))dlsym(RTLD_NEXT, "clock_gettime");
  real_poll = (int (*)(struct pollfd *, nfds_t, int))dlsym(RTLD_NEXT, "poll");
  real_settime = (int (*)(int, int, const struct itimerspec *, struct itimerspec *))dlsym(RTLD_NEXT, "timerfd_settime");
  if (text != NULL && atof(text) > 0) speed = atof(text);
  if (getenv("FAST_CLOCK_REQUESTS") != NULL) clock_count = clocks_max;
  for (int i = 0; i < clock_count; ++i) {
    if (real_gettime(clocks[i], &now) == 0) origins[i] = seconds(&now);
  }
}

int clock_gettime(clockid_t id, struct timespec *time) {
  if (real_gettime == NULL) start();
  const int result = real_gettime(id, time);
  for (int i = 0; i < clock_count && result == 0 && speed != 1; ++i) {
    if (clocks[i] != id) continue;
    const double scaled = origins[i] + (seconds(time) - origins[i]) * speed;
    time->tv_sec = (time_t)scaled;
    time->tv_nsec = (long)((scaled - floor(scaled)) * 1e9);
  }
  return result;
}

int poll(struct pollfd *fds, nfds_t count, int timeout) {
  if (real_poll == NULL) start();
  return real_poll(fds, count, timeout > 0 ? (int)ceil(timeout / speed) : timeout);
}

// libevent's timer is set for a while from now.
int timerfd_settime(int fd, int flags, const struct itimerspec *value, struct itimerspec *old) {
  struct itimerspec scaled = *value;
  if (real_settime == NULL) start();
  if (clock_count > 1 && flags == 0) {
    const double wait = ceil(seconds(&value->it_value) / speed * 1e9);
    scaled.it_value.tv_sec = (time_t)(wait * 1e-9);
    scaled.it_value.tv_nsec = (long)(wait - (double)scaled.it_value.tv_sec * 1e9);
  }
  return real_settime(fd, flags, &scaled, old);
}

// What poll() is called under _FORTIFY_SOURCE.
int __poll_chk(struct pollfd *fds, nfds_t count, int timeout, size_t size) {
  (void)size;
  return poll(fds, count, timeout);
}
