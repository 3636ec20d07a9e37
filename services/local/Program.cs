using System.Runtime.InteropServices;
using DirectorySync.Local;
using DirectorySync.Local.Okta;

const string usage = """
    usage: dotnet Local.dll <command>

      up                         run Directory Sync on this machine (make run); 'up --help' lists the settings
      play-okta [patch|put|spec] play Okta's life cycle against the running system (make play-okta)
      doctor                     look at a running installation and say what is wrong (make doctor)
      test [NAME…]               run the built test projects, or those named, against servers of this run (make test)
    """;

using var stop = new CancellationTokenSource();
using var interrupt = PosixSignalRegistration.Create(PosixSignal.SIGINT, Stop);
using var terminate = PosixSignalRegistration.Create(PosixSignal.SIGTERM, Stop);
using var hangUp = PosixSignalRegistration.Create(PosixSignal.SIGHUP, Stop);
try
{
    switch (args)
    {
        case ["up", "--help" or "-h"]:
            Progress.Write(UpSettings.Help);
            return 0;
        case ["up"]:
            await new Up(new UpSettings()).RunAsync(stop.Token);
            return 0;
        case ["play-okta", .. var dialects]:
            return await PlayOkta.RunAsync(dialects, stop.Token) ? 0 : 1;
        case ["doctor"]:
            return await new Doctor(new DoctorSettings(), Progress.Write).RunAsync(stop.Token) == 0 ? 0 : 1;
        case ["test", .. var names]:
            return await TestRun.RunAsync(names, stop.Token) ? 0 : 1;
        default:
            Progress.Complain(usage);
            return 2;
    }
}
catch (CannotRunException e)
{
    Progress.Complain($"\n{e.Message}");
    return 1;
}
catch (OperationCanceledException) when (stop.IsCancellationRequested)
{
    return args is ["up", ..] ? 0 : 130;
}

void Stop(PosixSignalContext context)
{
    context.Cancel = true;
    stop.Cancel();
}
