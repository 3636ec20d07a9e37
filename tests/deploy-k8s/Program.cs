using System.Runtime.InteropServices;
using DirectorySync.DeployK8s.Tests.Containers;
using DirectorySync.Local;

// make containers-test and, with the argument "rolling", make rolling: the assembly of tests as a program, which says how it gets on.
if (!OperatingSystemUser.IsRoot || Command.Find("podman") is null)
{
    Console.Error.WriteLine("This runs containers on a network of their own: be root, and have podman (on Debian and Ubuntu: apt-get install podman netavark aardvark-dns iptables).");
    return 1;
}

await using var system = new TrySystem(localBase: Environment.GetEnvironmentVariable("LOCAL_BASE") == "1");
using var interrupted = PosixSignalRegistration.Create(PosixSignal.SIGINT, End);
using var terminated = PosixSignalRegistration.Create(PosixSignal.SIGTERM, End);
return await (args is ["rolling"] ? new RollingRun(system).RunAsync() : new ContainersRun(system).RunAsync(startsOnly: args is ["starts"])) ? 0 : 1;

// Nothing of it stays behind.
void End(PosixSignalContext signal)
{
    system.DisposeAsync().AsTask().GetAwaiter().GetResult();
    Environment.Exit(130);
}
