namespace DirectorySync.Gateway.Console.Parts;

/// <summary>A value of a plot.</summary>
/// <param name="Value">How tall the bar is.</param>
/// <param name="Bad">It stands out.</param>
/// <param name="Label">Which it is.</param>
public sealed record PlotPoint(double Value, bool Bad, string Label);
