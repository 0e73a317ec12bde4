// What a process that holds secrets does first.
#pragma once

namespace holdfast {

// No core files, and other processes of the same user read neither its memory nor its environment nor attach a debugger (prctl(2),
// PR_SET_DUMPABLE). Programs that it starts inherit the first and not the second. Root is not kept out.
void HideProcessMemory();

}  // namespace holdfast
