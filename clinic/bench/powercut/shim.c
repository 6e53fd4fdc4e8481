/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Preloaded into a program, this writes down in order every change the program makes to files under one folder,
 * and lets chosen calls fail as a full or broken disk would make them fail.
 *
 *   POSTA_DISK_ROOT   the folder that is watched (absolute, no link in it)
 *   POSTA_DISK_LOG    where the log goes; without it nothing is written down
 *   posta_disk_mark   writes a line of the program's own into the log ("this was acknowledged")
 *   posta_disk_arm    fails the n-th call of some kinds from now on; n 0 disarms
 *   posta_disk_calls  how many calls of those kinds were made since then
 *
 * A record: 5 numbers of 8 bytes (kind, handle, offset, length of the name, length of the data), name, data.
 * No header is included, so that a compiler without the C library's development files will do.
 */

typedef long ssize;
typedef unsigned long size;

extern void *dlsym(void *, const char *);
extern char *getenv(const char *);
extern int *__errno_location(void);
extern int pthread_mutex_lock(void *);
extern int pthread_mutex_unlock(void *);
extern long lseek(int, long, int);
extern int getpid(void);

#define NEXT ((void *)-1L)
#define HANDLES 65536
#define O_CREAT 0100
#define O_TRUNC 01000
#define EINVAL 22
#define ENOSPC 28

enum { OPEN = 1, WRITE, TRUNCATE, SYNC, CLOSE, UNLINK, RENAME, MKDIR, MARK };
enum { F_WRITE = 1, F_SYNC = 2, F_TRUNCATE = 4, F_OPEN = 8, F_UNLINK = 16, F_RENAME = 32 };

static long gate[32]; /* a mutex at rest is all zeros */
static char watched[HANDLES];
static const char *root;
static size root_length;
static int log_handle = -1, ready, owner;
static long fail_kinds, fail_at, fail_errno, fail_on, calls;

static int (*real_open)(const char *, int, int);
static ssize (*real_write)(int, const void *, size);
static ssize (*real_pwrite)(int, const void *, size, long);
static int (*real_ftruncate)(int, long);
static int (*real_fsync)(int);
static int (*real_fdatasync)(int);
static int (*real_close)(int);
static int (*real_unlink)(const char *);
static int (*real_rename)(const char *, const char *);
static int (*real_mkdir)(const char *, unsigned);
static ssize (*real_sendfile)(int, int, long *, size);

static size length_of(const char *text)
{
    size n = 0;
    while (text[n])
        n++;
    return n;
}

static void begin(void)
{
    const char *path;
    if (ready)
        return;
    ready = 1;
    real_open = dlsym(NEXT, "open64");
    real_write = dlsym(NEXT, "write");
    real_pwrite = dlsym(NEXT, "pwrite64");
    real_ftruncate = dlsym(NEXT, "ftruncate64");
    real_fsync = dlsym(NEXT, "fsync");
    real_fdatasync = dlsym(NEXT, "fdatasync");
    real_close = dlsym(NEXT, "close");
    real_unlink = dlsym(NEXT, "unlink");
    real_rename = dlsym(NEXT, "rename");
    real_mkdir = dlsym(NEXT, "mkdir");
    real_sendfile = dlsym(NEXT, "sendfile64");
    owner = getpid();
    root = getenv("POSTA_DISK_ROOT");
    root_length = root ? length_of(root) : 0;
    path = getenv("POSTA_DISK_LOG");
    if (path && root)
        log_handle = real_open(path, 1 /* write only */ | O_CREAT | O_TRUNC | 02000 /* append */ | 02000000, 0600);
}

static int inside(const char *path)
{
    size i;
    begin();
    if (!root || owner != getpid())
        return 0;
    for (i = 0; i < root_length; i++)
        if (path[i] != root[i])
            return 0;
    return path[i] == '/' || path[i] == 0;
}

static int is_watched(int handle)
{
    begin();
    return handle >= 0 && handle < HANDLES && watched[handle];
}

static void all_of(const void *data, size left)
{
    const char *at = data;
    while (left > 0) {
        ssize done = real_write(log_handle, at, left);
        if (done <= 0)
            return;
        at += done;
        left -= done;
    }
}

static void note(long kind, long handle, long offset, const char *name, const void *data, size length)
{
    long head[5];
    int saved = *__errno_location();
    if (log_handle < 0)
        return;
    head[0] = kind;
    head[1] = handle;
    head[2] = offset;
    head[3] = name ? (long)length_of(name) : 0;
    head[4] = (long)length;
    all_of(head, sizeof head);
    if (name)
        all_of(name, head[3]);
    if (length)
        all_of(data, length);
    *__errno_location() = saved;
}

/* 1 if this call has to fail. `fail_on`: so must all that follow. */
static int fails(long kind)
{
    if (!fail_at || !(fail_kinds & kind))
        return 0;
    calls++;
    if (calls == fail_at || (fail_on && calls > fail_at)) {
        *__errno_location() = (int)fail_errno;
        return 1;
    }
    return 0;
}

void posta_disk_mark(const char *line)
{
    begin();
    pthread_mutex_lock(gate);
    note(MARK, 0, 0, 0, line, length_of(line));
    pthread_mutex_unlock(gate);
}

void posta_disk_arm(long kinds, long at, long number, long on)
{
    begin();
    pthread_mutex_lock(gate);
    fail_kinds = kinds;
    fail_at = at;
    fail_errno = number;
    fail_on = on;
    calls = 0;
    pthread_mutex_unlock(gate);
}

long posta_disk_calls(void)
{
    return calls;
}

static int opened(const char *path, int flags, int mode)
{
    int handle = -1;
    begin();
    if (!inside(path))
        return real_open(path, flags, mode);
    pthread_mutex_lock(gate);
    if (!fails(F_OPEN)) {
        handle = real_open(path, flags, mode);
        if (handle >= 0 && handle < HANDLES) {
            watched[handle] = 1;
            note(OPEN, handle, flags, path, 0, 0);
        }
    }
    pthread_mutex_unlock(gate);
    return handle;
}

int open(const char *path, int flags, int mode) { return opened(path, flags, mode); }
int open64(const char *path, int flags, int mode) { return opened(path, flags, mode); }

int close(int handle)
{
    int done;
    if (!is_watched(handle)) {
        begin();
        return real_close(handle);
    }
    pthread_mutex_lock(gate);
    watched[handle] = 0;
    note(CLOSE, handle, 0, 0, 0, 0);
    done = real_close(handle);
    pthread_mutex_unlock(gate);
    return done;
}

static ssize written(int handle, const void *data, size length, long offset, int placed)
{
    ssize done = -1;
    int failing;
    pthread_mutex_lock(gate);
    failing = fails(F_WRITE);
    if (failing && fail_errno == ENOSPC && length > 1)
        length /= 2; /* a disk that fills up takes what still fits */
    if (!failing || (fail_errno == ENOSPC && length > 1)) {
        done = placed ? real_pwrite(handle, data, length, offset) : real_write(handle, data, length);
        if (done > 0)
            note(WRITE, handle, placed ? offset : lseek(handle, 0, 1) - done, 0, data, done);
        if (failing) {
            *__errno_location() = (int)fail_errno;
            done = -1;
        }
    }
    pthread_mutex_unlock(gate);
    return done;
}

ssize write(int handle, const void *data, size length)
{
    if (is_watched(handle))
        return written(handle, data, length, 0, 0);
    return real_write(handle, data, length);
}

ssize pwrite(int handle, const void *data, size length, long offset)
{
    if (is_watched(handle))
        return written(handle, data, length, offset, 1);
    return real_pwrite(handle, data, length, offset);
}

ssize pwrite64(int handle, const void *data, size length, long offset) { return pwrite(handle, data, length, offset); }

int ftruncate(int handle, long length)
{
    int done = -1;
    if (!is_watched(handle))
        return real_ftruncate(handle, length);
    pthread_mutex_lock(gate);
    if (!fails(F_TRUNCATE)) {
        done = real_ftruncate(handle, length);
        if (done == 0)
            note(TRUNCATE, handle, length, 0, 0, 0);
    }
    pthread_mutex_unlock(gate);
    return done;
}

int ftruncate64(int handle, long length) { return ftruncate(handle, length); }

static int synced(int handle, int (*real)(int))
{
    int done = -1;
    pthread_mutex_lock(gate);
    if (!fails(F_SYNC)) {
        done = real(handle);
        if (done == 0)
            note(SYNC, handle, 0, 0, 0, 0);
    }
    pthread_mutex_unlock(gate);
    return done;
}

int fsync(int handle)
{
    return is_watched(handle) ? synced(handle, real_fsync) : real_fsync(handle);
}

int fdatasync(int handle)
{
    return is_watched(handle) ? synced(handle, real_fdatasync) : real_fdatasync(handle);
}

int unlink(const char *path)
{
    int done = -1;
    if (!inside(path))
        return real_unlink(path);
    pthread_mutex_lock(gate);
    if (!fails(F_UNLINK)) {
        done = real_unlink(path);
        if (done == 0)
            note(UNLINK, 0, 0, path, 0, 0);
    }
    pthread_mutex_unlock(gate);
    return done;
}

int rename(const char *from, const char *to)
{
    int done = -1;
    if (!inside(from) && !inside(to))
        return real_rename(from, to);
    pthread_mutex_lock(gate);
    if (!fails(F_RENAME)) {
        done = real_rename(from, to);
        if (done == 0)
            note(RENAME, 0, 0, from, to, length_of(to));
    }
    pthread_mutex_unlock(gate);
    return done;
}

int mkdir(const char *path, unsigned mode)
{
    int done;
    if (!inside(path))
        return real_mkdir(path, mode);
    pthread_mutex_lock(gate);
    done = real_mkdir(path, mode);
    if (done == 0)
        note(MKDIR, 0, 0, path, 0, 0);
    pthread_mutex_unlock(gate);
    return done;
}

/* Copies inside the kernel would pass unseen: say that this file cannot, and the caller copies by reading. */
ssize sendfile(int out, int in, long *offset, size length)
{
    if (is_watched(out)) {
        *__errno_location() = EINVAL;
        return -1;
    }
    return real_sendfile(out, in, offset, length);
}

ssize sendfile64(int out, int in, long *offset, size length) { return sendfile(out, in, offset, length); }
