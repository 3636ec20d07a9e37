using System.Globalization;
using System.Security.Cryptography;

namespace DirectorySync.EndToEnd.Tests.Soak;

/// <summary>What `make soak` runs, in turn: each line says what was found; the program ends with the number of those that failed.</summary>
internal static class SoakProgram
{
    private const string Fuzz = "fuzz";
    private const int UsualSeconds = 600;

    public static async Task<int> RunAsync(string[] args)
    {
        if (args[0] == Fuzz)
        {
            var seconds = args.Length > 1 ? int.Parse(args[1], CultureInfo.InvariantCulture) : UsualSeconds;
            var seed = args.Length > 2 ? int.Parse(args[2], CultureInfo.InvariantCulture) : RandomNumberGenerator.GetInt32(1_000_000);
            return await TryAsync(Fuzz, say => new FuzzRun(TimeSpan.FromSeconds(seconds), seed, say).RunAsync()) ? 0 : 1;
        }

        var failed = 0;
        foreach (var name in args is ["drills"] ? Drills.All.Keys : args)
        {
            if (!Drills.All.TryGetValue(name, out var drill))
            {
                await Console.Error.WriteLineAsync($"There is no drill {name}. There are: {string.Join(", ", Drills.All.Keys)}.");
                return 2;
            }

            failed += await TryAsync(name, drill) ? 0 : 1;
        }

        return failed;
    }

    private static async Task<bool> TryAsync(string name, Func<Action<string>, Task> run)
    {
        try
        {
            await run(Console.WriteLine);
            return true;
        }
        catch (Exception e)
        {
            // Whatever it is, the others are still to be run.
            await Console.Error.WriteLineAsync($"{name} FAILED: {e}");
            return false;
        }
    }
}
