/** The command line: `legato COMMAND`. Ends the process with the code that the command gives (exit.ts). */
import { runCommandLine } from './program';

process.exitCode = await runCommandLine(process.argv.slice(2));
