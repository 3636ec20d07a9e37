namespace DirectorySync.Local;

/// <summary>Something about this machine stands in the way; the message says what it is and what a person can do.</summary>
internal sealed class CannotRunException(string message, Exception? inner = null) : Exception(message, inner);
