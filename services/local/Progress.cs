using System.Diagnostics;
using System.Globalization;

namespace DirectorySync.Local;

/// <summary>Tells the person at the terminal what is going on, with the seconds since the start.</summary>
internal sealed class Progress
{
    private readonly long started = Stopwatch.GetTimestamp();
    private readonly Lock gate = new();

    public void Say(string line)
    {
        lock (gate)
        {
            Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{Stopwatch.GetElapsedTime(started).TotalSeconds,6:0.0} s  {line}"));
        }
    }

    public static void Write(string text) => Console.WriteLine(text);

    public static void Complain(string text) => Console.Error.WriteLine(text);
}
