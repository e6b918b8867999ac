/* SPDX-License-Identifier: MIT */
/*
 * The Linux file behind a section that a client has a view of. Linux gives it to root as
 * /proc/PID/map_files/START-END. The Wine server has it open, whether it is a named file or, for a
 * section backed by the paging file, one without a name, and Linux gives that to a process of the
 * same user as /proc/PID/fd/N.
 */
#define _GNU_SOURCE
#include "unix_lib.h"

#include <dirent.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* Opens a file of that process with that device and inode; -1: none. */
static int OpenFileOf(const char *Process, dev_t Device, ino_t Inode, int Access)
{
    char Path[64];
    const struct dirent *Entry;
    struct stat Stat;
    DIR *Files;
    int File = -1;
    snprintf(Path, sizeof(Path), "/proc/%.20s/fd", Process);
    Files = opendir(Path);
    while (Files != NULL && File < 0 && (Entry = readdir(Files)) != NULL)
    {
        snprintf(Path, sizeof(Path), "/proc/%.20s/fd/%.20s", Process, Entry->d_name);
        if (stat(Path, &Stat) == 0 && S_ISREG(Stat.st_mode) && Stat.st_dev == Device &&
            Stat.st_ino == Inode)
            File = open(Path, Access | O_CLOEXEC);
    }
    if (Files != NULL)
        closedir(Files);
    return File;
}

static int IsWineServer(const char *Process)
{
    char Path[64], Name[32] = "";
    FILE *File;
    snprintf(Path, sizeof(Path), "/proc/%.20s/comm", Process);
    File = fopen(Path, "re");
    if (File == NULL)
        return 0;
    if (fgets(Name, sizeof(Name), File) == NULL)
        Name[0] = 0;
    fclose(File);
    return strncmp(Name, "wineserver", strlen("wineserver")) == 0;
}

int UnixSectionOpen(
    uint32_t Pid, uint64_t Start, uint64_t End, dev_t Device, ino_t Inode, int Access)
{
    const struct dirent *Entry;
    DIR *Processes;
    char Path[80];
    int File;
    snprintf(Path, sizeof(Path), "/proc/%u/map_files/%" PRIx64 "-%" PRIx64, Pid, Start, End);
    File = open(Path, Access | O_CLOEXEC);
    if (File >= 0)
        return File;
    Processes = opendir("/proc");
    while (Processes != NULL && File < 0 && (Entry = readdir(Processes)) != NULL)
        if (atoi(Entry->d_name) != 0 && IsWineServer(Entry->d_name))
            File = OpenFileOf(Entry->d_name, Device, Inode, Access);
    if (Processes != NULL)
        closedir(Processes);
    return File;
}
