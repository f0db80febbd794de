/* libnetmapcuse-mmap.so: lets unmodified programs map /dev/netmap where it is a CUSE character device, whose mmap the
 * kernel refuses with ENODEV. "netmapcuse run -- PROGRAM" preloads it.
 *
 * Every mmap goes to the kernel first and its answer stands, but for ENODEV on a character device: then the device is
 * asked for its memory. The question is an ioctl that names one of two connected sockets; the daemon of netmapcuse takes
 * that socket out of this process and sends a descriptor of the memory through it. Other devices do not know the ioctl.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#define SHARE_MEMORY _IOW('N', 1, int)

/* Receives one descriptor that has been sent already; -1 when there is none. */
static int receive_descriptor(int socket)
{
    union {
        char bytes[CMSG_SPACE(sizeof(int))];
        struct cmsghdr aligned;
    } control;
    char byte;
    struct iovec data = { &byte, 1 };
    struct msghdr message = {
        .msg_iov = &data,
        .msg_iovlen = 1,
        .msg_control = control.bytes,
        .msg_controllen = sizeof(control.bytes),
    };
    int descriptor = -1;

    if (recvmsg(socket, &message, MSG_DONTWAIT | MSG_CMSG_CLOEXEC) == 1) {
        struct cmsghdr *head = CMSG_FIRSTHDR(&message);
        if (head && head->cmsg_level == SOL_SOCKET && head->cmsg_type == SCM_RIGHTS)
            memcpy(&descriptor, CMSG_DATA(head), sizeof(descriptor));
    }
    return descriptor;
}

/* A descriptor of the memory behind a device, or -1 when it is not one of ours. */
static int open_memory(int device)
{
    struct stat status;
    int sockets[2], memory = -1;

    if (fstat(device, &status) != 0 || !S_ISCHR(status.st_mode)
        || socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, sockets) != 0)
        return -1;
    if (ioctl(device, SHARE_MEMORY, &sockets[1]) == 0)
        memory = receive_descriptor(sockets[0]);
    close(sockets[0]);
    close(sockets[1]);
    return memory;
}

static void *map(void *address, size_t length, int protection, int flags, int fd, off_t offset)
{
    return (void *)syscall(SYS_mmap, address, length, protection, flags, fd, offset);
}

void *mmap(void *address, size_t length, int protection, int flags, int fd, off_t offset)
{
    void *result = map(address, length, protection, flags, fd, offset);
    int memory;

    if (result != MAP_FAILED || errno != ENODEV || (flags & MAP_ANONYMOUS))
        return result;
    memory = open_memory(fd);
    if (memory < 0) {
        errno = ENODEV;
        return MAP_FAILED;
    }
    result = map(address, length, protection, flags, memory, offset);
    int error = errno;
    close(memory);
    errno = error;
    return result;
}

/* The same on 64-bit machines. */
void *mmap64(void *address, size_t length, int protection, int flags, int fd, off_t offset)
    __attribute__((alias("mmap")));
