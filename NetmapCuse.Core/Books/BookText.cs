using System.Text;
using System.Text.Unicode;

namespace NetmapCuse.Core.Books;

/// <summary>Text in the books: UTF-8, zero-terminated, cut where it is too long. Names are clients': who shows them quotes them.</summary>
internal static class BookText
{
    internal static string Read(ReadOnlySpan<byte> place)
    {
        int end = place.IndexOf((byte)0);
        return Encoding.UTF8.GetString(end < 0 ? place : place[..end]);
    }

    internal static BookText32 Of32(string text)
    {
        BookText32 place = default;
        Write(place, text);
        return place;
    }

    internal static void Write(Span<byte> place, string text)
    {
        place.Clear();
        _ = Utf8.FromUtf16(text, place[..^1], out _, out _);
    }
}
