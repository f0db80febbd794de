Console.Error.WriteLine("no model is known yet");
return 2;
