/* An exact ICMP pinger: the instrument behind every figure about lost pings.
 *
 *   pinger [-i spacing_us] [-d duration_ms] [-w linger_ms] [-l late_ms] [-s source] TARGET
 *
 * Echo requests leave on an absolute schedule (start + k * spacing, CLOCK_MONOTONIC), so that the spacing neither
 * drifts nor stretches when a reply is missing; ping(8) adapts its pace and counts a 300 ms hole as 31 lost at 1 ms.
 * It runs for duration_ms, or until SIGINT or SIGTERM when that is 0 (the default), then waits linger_ms for stragglers
 * and prints one JSON object on stdout. "ready" goes to stderr with the first reply.
 *
 * What is measured
 *   An echo is answered promptly if its reply arrived within late_ms of its sending (kernel receive stamps, so that
 *   a slow wake-up of this program adds nothing). A late reply is a symptom too (the packet sat in a neighbour queue).
 *   A hole is a maximal run of echoes, consecutive in sequence, none of them answered promptly. It starts when the
 *   last promptly answered echo before it was sent, and ends when the next reply of any kind arrived. A hole therefore
 *   overstates the real silence by at most one spacing and one round trip, and never understates it. At the very
 *   beginning it starts with the first echo; a hole that nothing ends is "open" and lasts until the last echo.
 *   longest_silence_ms is the longest hole, 0 without any. Time in which this program itself did not send makes no
 *   hole: it is reported as max_lateness_ms and skipped (slots of the schedule that went by unused).
 *
 * One thread. Times are nanoseconds of CLOCK_MONOTONIC, holes carry CLOCK_REALTIME as well. */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <inttypes.h>
#include <limits.h>
#include <netinet/icmp6.h>
#include <netinet/ip_icmp.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum { kHolesPrintedMax = 1000, kMagic = 0x76697031 };

struct echo {
  int64_t sent_ns;
  int64_t rtt_ns; /* -1: no reply */
};

struct payload { /* behind the 8 bytes of the ICMP header; the 16-bit sequence there wraps, this one does not */
  uint32_t magic;
  uint32_t pid;
  uint64_t sequence;
};

struct options {
  int64_t spacing_ns, duration_ns, linger_ns, late_ns;
  const char *source, *target;
};

struct pinger {
  int fd;
  bool is_v6;
  struct sockaddr_storage target;
  socklen_t target_length;
  struct echo *echoes;
  uint64_t sent, capacity;
  uint64_t received, duplicates, send_errors, skipped;
  int64_t lateness_max_ns, rtt_max_ns;
  int send_errno;
  bool is_realtime;
};

static volatile sig_atomic_t stop_requested;

static void request_stop(int signal_number) {
  (void)signal_number;
  stop_requested = 1;
}

static void die(const char *what) {
  fprintf(stderr, "pinger: %s: %s\n", what, strerror(errno));
  exit(1);
}

static void usage(void) {
  fprintf(stderr,
          "usage: pinger [-i spacing_us] [-d duration_ms] [-w linger_ms] [-l late_ms] [-s source] TARGET\n"
          "defaults: -i 1000 -d 0 (until a signal) -w 200 -l 20\n");
  exit(2);
}

static int64_t now_ns(clockid_t clock) {
  struct timespec t;
  clock_gettime(clock, &t);
  return (int64_t)t.tv_sec * 1000000000 + t.tv_nsec;
}

static int64_t number(const char *text, int64_t min) {
  char *end = NULL;
  errno = 0;
  const long long value = strtoll(text, &end, 10);
  if (errno != 0 || end == text || *end != '\0' || value < min || value > 1000000000) usage();
  return value;
}

static struct options parse(int argc, char **argv) {
  struct options o = {.spacing_ns = 1000000, .linger_ns = 200000000, .late_ns = 20000000};
  int c;
  while ((c = getopt(argc, argv, "i:d:w:l:s:")) != -1) {
    switch (c) {
      case 'i': o.spacing_ns = number(optarg, 50) * 1000; break;
      case 'd': o.duration_ns = number(optarg, 0) * 1000000; break;
      case 'w': o.linger_ns = number(optarg, 0) * 1000000; break;
      case 'l': o.late_ns = number(optarg, 1) * 1000000; break;
      case 's': o.source = optarg; break;
      default: usage();
    }
  }
  if (optind + 1 != argc) usage();
  o.target = argv[optind];
  return o;
}

static bool to_sockaddr(const char *text, struct sockaddr_storage *out, socklen_t *length) {
  memset(out, 0, sizeof *out);
  struct sockaddr_in *v4 = (struct sockaddr_in *)out;
  struct sockaddr_in6 *v6 = (struct sockaddr_in6 *)out;
  if (inet_pton(AF_INET, text, &v4->sin_addr) == 1) {
    v4->sin_family = AF_INET;
    *length = sizeof *v4;
    return true;
  }
  if (inet_pton(AF_INET6, text, &v6->sin6_addr) == 1) {
    v6->sin6_family = AF_INET6;
    *length = sizeof *v6;
    return true;
  }
  return false;
}

static void open_socket(struct pinger *p, const struct options *o) {
  if (!to_sockaddr(o->target, &p->target, &p->target_length)) {
    fprintf(stderr, "pinger: %s is not an IPv4 or IPv6 address\n", o->target);
    exit(2);
  }
  p->is_v6 = p->target.ss_family == AF_INET6;
  p->fd = socket(p->target.ss_family, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK,
                 p->is_v6 ? IPPROTO_ICMPV6 : IPPROTO_ICMP);
  if (p->fd < 0) die("raw socket");
  const int on = 1, buffer = 4 << 20;
  if (setsockopt(p->fd, SOL_SOCKET, SO_TIMESTAMPNS, &on, sizeof on) != 0) die("SO_TIMESTAMPNS");
  if (setsockopt(p->fd, SOL_SOCKET, SO_RCVBUFFORCE, &buffer, sizeof buffer) != 0)
    (void)setsockopt(p->fd, SOL_SOCKET, SO_RCVBUF, &buffer, sizeof buffer);
  if (p->is_v6) {
    struct icmp6_filter filter;
    ICMP6_FILTER_SETBLOCKALL(&filter);
    ICMP6_FILTER_SETPASS(ICMP6_ECHO_REPLY, &filter);
    if (setsockopt(p->fd, IPPROTO_ICMPV6, ICMP6_FILTER, &filter, sizeof filter) != 0) die("ICMP6_FILTER");
  } else {
    const uint32_t blocked = ~(1U << ICMP_ECHOREPLY);
    if (setsockopt(p->fd, SOL_RAW, 1 /* ICMP_FILTER */, &blocked, sizeof blocked) != 0) die("ICMP_FILTER");
  }
  if (o->source != NULL) {
    struct sockaddr_storage source;
    socklen_t length = 0;
    if (!to_sockaddr(o->source, &source, &length) || source.ss_family != p->target.ss_family) {
      fprintf(stderr, "pinger: source %s is not an address of the target's family\n", o->source);
      exit(2);
    }
    if (bind(p->fd, (struct sockaddr *)&source, length) != 0) die("bind to the source");
  }
}

static uint16_t checksum(const void *data, size_t size) {
  const uint8_t *bytes = data;
  uint32_t sum = 0;
  for (size_t i = 0; i + 1 < size; i += 2) sum += (uint32_t)bytes[i] << 8 | bytes[i + 1];
  while (sum >> 16) sum = (sum & 0xffff) + (sum >> 16);
  return htons((uint16_t)~sum);
}

static void send_echo(struct pinger *p) {
  if (p->sent == p->capacity) {
    p->capacity = p->capacity != 0 ? p->capacity * 2 : 1 << 16;
    p->echoes = realloc(p->echoes, p->capacity * sizeof *p->echoes);
    if (p->echoes == NULL) die("memory");
  }
  uint8_t packet[8 + sizeof(struct payload)] = {0};
  const struct payload payload = {.magic = kMagic, .pid = (uint32_t)getpid(), .sequence = p->sent};
  packet[0] = p->is_v6 ? ICMP6_ECHO_REQUEST : ICMP_ECHO;
  packet[4] = (uint8_t)(payload.pid >> 8);
  packet[5] = (uint8_t)payload.pid;
  packet[6] = (uint8_t)(payload.sequence >> 8);
  packet[7] = (uint8_t)payload.sequence;
  memcpy(packet + 8, &payload, sizeof payload);
  if (!p->is_v6) {
    const uint16_t sum = checksum(packet, sizeof packet);
    memcpy(packet + 2, &sum, sizeof sum);
  }
  struct echo *echo = &p->echoes[p->sent++];
  echo->rtt_ns = -1;
  echo->sent_ns = now_ns(CLOCK_MONOTONIC);
  if (sendto(p->fd, packet, sizeof packet, 0, (struct sockaddr *)&p->target, p->target_length) < 0) {
    p->send_errors++; /* an echo that could not leave is a lost one: the user's packet had no way either */
    p->send_errno = errno;
  }
}

/* The time a packet reached this host, on CLOCK_MONOTONIC, from the kernel's CLOCK_REALTIME stamp. */
static int64_t arrival_ns(struct msghdr *message) {
  const int64_t monotonic = now_ns(CLOCK_MONOTONIC), realtime = now_ns(CLOCK_REALTIME);
  for (struct cmsghdr *c = CMSG_FIRSTHDR(message); c != NULL; c = CMSG_NXTHDR(message, c)) {
    if (c->cmsg_level != SOL_SOCKET || c->cmsg_type != SCM_TIMESTAMPNS) continue;
    struct timespec t;
    memcpy(&t, CMSG_DATA(c), sizeof t);
    const int64_t age = realtime - ((int64_t)t.tv_sec * 1000000000 + t.tv_nsec);
    if (age > 0) return monotonic - age;
  }
  return monotonic;
}

static void receive_replies(struct pinger *p) {
  for (;;) {
    uint8_t packet[256], control[256];
    struct iovec iov = {.iov_base = packet, .iov_len = sizeof packet};
    struct msghdr message = {
        .msg_iov = &iov, .msg_iovlen = 1, .msg_control = control, .msg_controllen = sizeof control};
    const ssize_t size = recvmsg(p->fd, &message, 0);
    if (size < 0) {
      if (errno == EINTR) continue;
      return; /* EAGAIN, or an ICMP error queued on the socket: the missing reply tells the same */
    }
    const size_t header = p->is_v6 ? 0 : (size_t)(packet[0] & 0x0f) * 4; /* IPv4 raw sockets deliver the IP header */
    struct payload payload;
    if ((size_t)size < header + 8 + sizeof payload) continue;
    memcpy(&payload, packet + header + 8, sizeof payload);
    if (payload.magic != kMagic || payload.pid != (uint32_t)getpid() || payload.sequence >= p->sent) continue;
    struct echo *echo = &p->echoes[payload.sequence];
    if (echo->rtt_ns >= 0) {
      p->duplicates++;
      continue;
    }
    const int64_t rtt = arrival_ns(&message) - echo->sent_ns;
    echo->rtt_ns = rtt > 0 ? rtt : 0;
    if (echo->rtt_ns > p->rtt_max_ns) p->rtt_max_ns = echo->rtt_ns;
    if (p->received++ == 0) fprintf(stderr, "ready\n");
  }
}

/* Receives until the given moment or a signal; signals are only let in while waiting, so none is missed. */
static void receive_until(struct pinger *p, int64_t deadline_ns, const sigset_t *waiting_mask) {
  for (;;) {
    const int64_t left = deadline_ns - now_ns(CLOCK_MONOTONIC);
    if (left <= 0) break;
    const struct timespec timeout = {.tv_sec = left / 1000000000, .tv_nsec = left % 1000000000};
    struct pollfd poll_fd = {.fd = p->fd, .events = POLLIN};
    const int ready = ppoll(&poll_fd, 1, &timeout, waiting_mask);
    if (ready > 0) receive_replies(p);
    if (ready < 0 && stop_requested) return;
  }
  receive_replies(p);
}

static void run(struct pinger *p, const struct options *o) {
  sigset_t blocked, waiting_mask;
  sigemptyset(&blocked);
  sigaddset(&blocked, SIGINT);
  sigaddset(&blocked, SIGTERM);
  sigprocmask(SIG_BLOCK, &blocked, &waiting_mask);
  sigdelset(&waiting_mask, SIGINT);
  sigdelset(&waiting_mask, SIGTERM);
  const struct sigaction action = {.sa_handler = request_stop};
  sigaction(SIGINT, &action, NULL);
  sigaction(SIGTERM, &action, NULL);

  const int64_t start = now_ns(CLOCK_MONOTONIC);
  int64_t slot = 0;
  while (!stop_requested && (o->duration_ns == 0 || slot * o->spacing_ns < o->duration_ns)) {
    const int64_t due = start + slot * o->spacing_ns;
    receive_until(p, due, &waiting_mask);
    if (stop_requested) break;
    send_echo(p);
    const int64_t lateness = p->echoes[p->sent - 1].sent_ns - due;
    if (lateness > p->lateness_max_ns) p->lateness_max_ns = lateness;
    const int64_t missed = lateness / o->spacing_ns; /* no bursts: slots that went by stay unused */
    p->skipped += (uint64_t)missed;
    slot += 1 + missed;
  }
  sigset_t all;
  sigfillset(&all); /* a second signal does not cut the wait for stragglers short */
  receive_until(p, now_ns(CLOCK_MONOTONIC) + o->linger_ns, &all);
}

static bool is_prompt(const struct echo *echo, int64_t late_ns) {
  return echo->rtt_ns >= 0 && echo->rtt_ns <= late_ns;
}

static void report(const struct pinger *p, const struct options *o) {
  const int64_t realtime_offset = now_ns(CLOCK_REALTIME) - now_ns(CLOCK_MONOTONIC);
  uint64_t late = 0, holes = 0;
  int64_t longest = 0;
  printf("{\"target\":\"%s\",\"spacing_us\":%" PRId64 ",\"holes\":[", o->target, o->spacing_ns / 1000);
  for (uint64_t i = 0; i < p->sent; i++) {
    if (is_prompt(&p->echoes[i], o->late_ns)) continue;
    const int64_t start = p->echoes[i > 0 ? i - 1 : 0].sent_ns;
    uint64_t lost = 0, last = i;
    int64_t end = INT64_MAX;
    for (uint64_t k = i; k < p->sent; k++) {
      const struct echo *echo = &p->echoes[k];
      if (echo->rtt_ns >= 0 && echo->sent_ns + echo->rtt_ns < end) end = echo->sent_ns + echo->rtt_ns;
      if (is_prompt(echo, o->late_ns)) break;
      last = k;
      if (echo->rtt_ns < 0) lost++;
      else late++;
    }
    const bool is_open = end == INT64_MAX;
    if (is_open) end = p->echoes[p->sent - 1].sent_ns;
    if (end - start > longest) longest = end - start;
    if (holes < kHolesPrintedMax)
      printf("%s{\"first_sequence\":%" PRIu64 ",\"echoes\":%" PRIu64 ",\"lost\":%" PRIu64 ",\"length_ms\":%.3f,"
             "\"start_ns\":%" PRId64 ",\"end_ns\":%" PRId64 ",\"start_realtime_ns\":%" PRId64
             ",\"end_realtime_ns\":%" PRId64 ",\"open\":%s}",
             holes != 0 ? "," : "", i, last - i + 1, lost, (double)(end - start) / 1e6, start, end,
             start + realtime_offset, end + realtime_offset, is_open ? "true" : "false");
    holes++;
    i = last;
  }
  printf("],\"hole_count\":%" PRIu64 ",\"sent\":%" PRIu64 ",\"received\":%" PRIu64 ",\"lost\":%" PRIu64 ",\"late\":%" PRIu64
         ",\"duplicates\":%" PRIu64 ",\"longest_silence_ms\":%.3f,\"rtt_max_ms\":%.3f,\"max_lateness_ms\":%.3f,"
         "\"skipped\":%" PRIu64 ",\"send_errors\":%" PRIu64 ",\"send_error\":\"%s\",\"realtime\":%s}\n",
         holes, p->sent, p->received, p->sent - p->received, late, p->duplicates, (double)longest / 1e6,
         (double)p->rtt_max_ns / 1e6, (double)p->lateness_max_ns / 1e6, p->skipped, p->send_errors,
         p->send_errors != 0 ? strerror(p->send_errno) : "", p->is_realtime ? "true" : "false");
}

int main(int argc, char **argv) {
  const struct options o = parse(argc, argv);
  struct pinger p = {0};
  open_socket(&p, &o);
  const struct sched_param priority = {.sched_priority = 1};
  p.is_realtime = sched_setscheduler(0, SCHED_FIFO, &priority) == 0; /* less noise; without it, the figures say so */
  (void)mlockall(MCL_CURRENT | MCL_FUTURE);
  (void)prctl(PR_SET_TIMERSLACK, 1UL);
  run(&p, &o);
  report(&p, &o);
  free(p.echoes);
  return 0;
}
